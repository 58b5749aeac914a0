"""report.html: a workout or a day at a glance, in one file that opens offline. It is made in ``build``.

This file imports nothing: Bokeh takes half a second, which only a report is worth.
"""
