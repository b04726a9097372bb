# Two images from one file. `runtime`: the installed scanner, non-root. `demo`: a Debian with
# what `make demo` needs, for machines that are not Debian.

FROM python:3.12.12-slim-bookworm AS build
WORKDIR /src
COPY requirements-all.lock pyproject.toml LICENSE ./
COPY docs/package.md docs/package.md
COPY scanner scanner
COPY migrations migrations
COPY config config
# The lock with all extras: the image also speaks to PostgreSQL and writes Parquet.
RUN python -m venv /opt/scanner \
    && /opt/scanner/bin/pip install --no-cache-dir --require-hashes -r requirements-all.lock \
    && /opt/scanner/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12.12-slim-bookworm AS runtime
RUN useradd --create-home --uid 10001 scanner && install -d -o scanner /data
COPY --from=build /opt/scanner /opt/scanner
ENV PATH=/opt/scanner/bin:$PATH SCANNER_DATA=/data PYTHONDONTWRITEBYTECODE=1
USER scanner
VOLUME /data
ENTRYPOINT ["scanner"]
CMD ["--help"]

FROM python:3.12.12-bookworm AS demo
# apt's lists stay: scripts/install-bitcoind asks apt for the mirror, which it does not name without them.
RUN apt-get update && apt-get install --no-install-recommends -y make nodejs npm
WORKDIR /src
COPY . .
CMD ["make", "demo", "PY=python3"]
