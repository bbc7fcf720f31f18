"""The flow language: model, loader, checks, schema."""

from flows.language.actions import Action, Catalogue
from flows.language.checks import check_flow
from flows.language.flow import Flow
from flows.language.loader import load_flow, read_flow
from flows.language.problems import FlowErrors, Problem
from flows.language.schema import json_schema

__all__ = [
    "Action",
    "Catalogue",
    "Flow",
    "FlowErrors",
    "Problem",
    "check_flow",
    "json_schema",
    "load_flow",
    "read_flow",
]
