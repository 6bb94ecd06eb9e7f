"""Fills in the demonstration on a running installation, over HTTP as its operators would."""
