# The broker in a container. It drives the libvirt of the host that it runs on; no hypervisor is in here.
FROM node:24-bookworm-slim

# Disks of machines are made by qemu-img; libvirt on the host opens them.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends qemu-utils \
	&& rm -rf /var/lib/apt/lists/*

WORKDIR /opt/computon
# The packages first: they change less often than the sources. The image brings Node, so the pinned one stays out.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY src src
COPY schemas schemas
COPY templates templates
COPY docs/openapi.json docs/openapi.json

# Root, because the socket of libvirt is root's and what it is told to open must be readable to it.
ENV COMPUTON_HOME=/var/lib/computon \
	COMPUTON_LIBVIRT_SOCKET=/run/libvirt/libvirt-sock
EXPOSE 7420
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:7420/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# 0.0.0.0 is the container's own; who reaches it from outside is decided where its port is published.
# New objects get 16 MB, old ones no more than twice what is in use; threads share two heaps of the C library, which gives
# back what is free. Large documents then leave the process under 512 MB.
# One thread helps V8 to collect garbage, not four: on two CPUs these would leave the broker itself a third of one.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=100", "--v8-pool-size=1", "src/main.ts", "serve", "--host", "0.0.0.0"]
