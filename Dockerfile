# One image for every process of ours: web, worker, beat, migrate. It runs as an ordinary user and writes
# nothing but /tmp. PostgreSQL and Redis are not in it: docker-compose.yml names them.

FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts scripts
COPY outreach outreach
RUN npm run build

FROM python:3.11-slim AS packages
WORKDIR /app
RUN python -m venv .venv
COPY requirements requirements
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements/setup.txt \
    && .venv/bin/uv pip install --python .venv/bin/python --no-cache --require-hashes --only-binary :all: \
       -r requirements/base.txt
COPY pyproject.toml README.md ./
COPY outreach outreach
COPY workers workers
RUN .venv/bin/uv pip install --python .venv/bin/python --no-cache --no-deps --no-build-isolation -e . \
    && .venv/bin/uv pip uninstall --python .venv/bin/python setuptools pip uv

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin outreach
WORKDIR /app
COPY --from=packages /app /app
COPY migrations migrations
COPY --from=assets /app/outreach/web/static/dist outreach/web/static/dist
RUN python -m compileall -q outreach workers migrations .venv/lib
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8080
ENTRYPOINT ["outreach"]
CMD ["web", "--host", "0.0.0.0", "--port", "8080"]
