"""What Google's framework loads: the two functions, ready before the first call."""

import functions_framework

from autopilot.drivers import on_google

tick_http = functions_framework.http(on_google.tick_http)
tick_event = functions_framework.cloud_event(on_google.tick_event)

on_google.prepare()
