"""Telling others' programs what happens here, by signed requests that are tried again."""
