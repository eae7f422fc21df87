"""Homes of released versions, made by ``make``; every later version opens them."""
