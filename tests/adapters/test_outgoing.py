"""The outgoing client against a server that does everything a server can do wrong."""

from __future__ import annotations

import gzip
import re
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest_types import HostileServer

from autopilot.adapters.fetching import Fetching
from autopilot.adapters.http_transport import GuardedTransport
from autopilot.adapters.outgoing import FetchRequest, Outgoing
from autopilot.domain.content import Fetched
