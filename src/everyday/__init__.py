"""What belongs to this book alone: claims, explorers, synthetic data, teaching, the landing page, the command."""
