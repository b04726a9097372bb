"""Servers on 127.0.0.1 that replay recorded answers, for networks that have no node here."""
