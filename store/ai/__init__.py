"""Agents: what they may do, their runs, what they propose, and how it is taken back.

tools/      the catalogue, policy, guardrails, and the one gate through which an agent acts
proposals/  calls that wait for a look, what they would change, revert, timeline
runs/       runs of missions: claims, scripts, budgets, cadence
planner/    models and the loop that asks them
templates/  agents, scenes, missions and seeds to begin with
"""
