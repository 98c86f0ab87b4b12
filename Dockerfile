# Autopilot as an image. Two targets:
#
#   docker build --target worker -t autopilot-worker .   a worker alone, without the web app's framework
#   docker build -t autopilot .                          everything: web app, API, public pages, worker
#
# Data lie in /data: mount a volume there where the store is SQLite. There is no VOLUME line, since some
# hosts refuse an image that has one, and a volume without a name is lost with its container all the same.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS base
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1

# Everything the lock holds, by hash, and the package itself as a wheel.
FROM base AS build
WORKDIR /build
RUN python -m venv /opt/autopilot
COPY requirements.lock ./
RUN /opt/autopilot/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/autopilot/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .
RUN /opt/autopilot/bin/pip install --no-deps --no-index /wheels/*.whl

# The part of it that a worker needs.
FROM base AS build-worker
WORKDIR /build
RUN python -m venv /opt/autopilot
COPY requirements-worker.lock ./
RUN /opt/autopilot/bin/pip install --require-hashes -r requirements-worker.lock
COPY --from=build /wheels /wheels
RUN /opt/autopilot/bin/pip install --no-deps --no-index /wheels/*.whl

# Nobody here is root, and nothing but /data and /tmp has to be written to.
FROM base AS runtime
RUN groupadd --system --gid 10001 autopilot && \
    useradd --system --uid 10001 --gid autopilot --home-dir /data --no-create-home \
        --shell /usr/sbin/nologin autopilot && \
    install --directory --owner=autopilot --group=autopilot --mode=0750 /data
ENV PATH=/opt/autopilot/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    AUTOPILOT_DATA_DIR=/data \
    AUTOPILOT_LOG_FORMAT=json
WORKDIR /data
USER 10001:10001

FROM runtime AS worker
COPY --from=build-worker /opt/autopilot /opt/autopilot
ENV PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; asked = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=8); asked.request('GET', '/healthz'); sys.exit(asked.getresponse().status != 200)"]
CMD ["autopilot", "worker"]

# Last, for hosts that know no targets.
FROM runtime AS app
COPY --from=build /opt/autopilot /opt/autopilot
ENV PORT=8501
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; asked = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=8); asked.request('GET', '/healthz'); sys.exit(asked.getresponse().status != 200)"]
CMD ["autopilot", "up", "--host", "0.0.0.0"]
