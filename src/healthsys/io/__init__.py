"""Readers of files that people bring: ``read_x(path, *, label, ...) -> frame``, checked, with sentences for faults."""

from healthsys.io.pay_gap_service import read_pay_gap_service
from healthsys.io.payroll import read_payroll

__all__ = ["read_pay_gap_service", "read_payroll"]
