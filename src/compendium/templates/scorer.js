// How the search ranks: the glossary and the chapters before listings, the programming reference last.
var Scorer = { // a var: searchtools.js asks whether there is one, and declares it itself otherwise
  objNameMatch: 6,
  objPartialMatch: 2,
  objPrio: { 0: 4, 1: 1, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([docname, title, anchor, descr, score]) => {
    const weights = [
      [/^reference\/(api|changelog)|^(genindex|py-modindex)/, -12],
      [/^reference\/(data-dictionary|coverage|bibliography|speed)|^evidence\/claims-/, -3],
      [/^reference\/glossary/, anchor ? 6 : 0],
      [/^(analyses|reference\/methods)/, 3],
    ];
    const found = weights.find(([pattern]) => pattern.test(docname));
    return score + (found ? found[1] : 0);
  },
};
