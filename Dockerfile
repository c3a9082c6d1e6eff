# Two images: docker build --target hooks .   and   docker build --target adapter .

ARG PYTHON_IMAGE=python:3.13-slim

# Each virtual environment is made by the Python that will run it. Wheels only: nothing is
# compiled, so neither architecture needs a compiler, and the environment needs no pip.
FROM ${PYTHON_IMAGE} AS venv
RUN python -m venv --without-pip /venv
ENV PIP_ONLY_BINARY=:all: \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

FROM venv AS hooks-venv
COPY hooks/requirements.txt .
RUN python -m pip --python /venv/bin/python install --requirement requirements.txt

FROM venv AS adapter-venv
COPY adapter/requirements.txt .
RUN python -m pip --python /venv/bin/python install --requirement requirements.txt

FROM ${PYTHON_IMAGE} AS runtime
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By number, so that Kubernetes can tell that it is not root.
USER 65532:65532

FROM runtime AS hooks
COPY --from=hooks-venv /venv /venv
COPY hooks hooks
EXPOSE 8080 8443
# What Metacontroller calls. What the API server calls is in here too: python -m hooks.webhook
# One process, so that /metrics tells of all its requests; replicas are the way to more. Few
# threads, because they take turns: 16 give no more answers a second, and each one later.
# Connections are kept longer than Metacontroller's client keeps them (90 s), so that it never
# writes to one that was closed a moment ago.
CMD ["gunicorn", "hooks.wsgi:application()", \
     "--bind", "0.0.0.0:8080", \
     "--worker-class", "gthread", "--workers", "1", "--threads", "2", \
     "--keep-alive", "95", "--graceful-timeout", "15", \
     "--no-control-socket"]

FROM runtime AS adapter
COPY --from=adapter-venv /venv /venv
COPY vsphere vsphere
COPY adapter adapter
EXPOSE 9090
CMD ["python", "-m", "adapter"]
