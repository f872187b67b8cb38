# VAmEn: two commands for a newcomer, `make demo` and `make test`; the rest is for developers.

# Everything Debian 12 has to provide. Swift itself comes from swift.org.
BUILD_PACKAGES = g++ git make pkg-config libvulkan-dev glslang-dev spirv-tools libfftw3-dev \
	libsndfile1-dev libsamplerate0-dev zlib1g-dev
# What the Swift toolchain itself opens at run time.
SWIFT_PACKAGES = libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 tzdata
RUN_PACKAGES = libvulkan1 mesa-vulkan-drivers sonic-pi-samples
TEST_PACKAGES = vulkan-validationlayers spirv-cross python3-venv chromium

# Where the demo puts its page.
DEMO ?= demo
DEMO_MINUTES ?= 3

.PHONY: demo test build manual format lint install install-test swift clean

demo: install swift
	swift build -c release --product vamen
	.build/release/vamen demo --out $(DEMO) --minutes $(DEMO_MINUTES)

test: install-test swift
	Tests/run.sh

build: install swift
	swift build -c release

# The man page, by the tool of the argument parser's plug-in; the plug-in itself would build every
# product first.
manual: install swift
	swift build -c release --product vamen
	swift build -c release --product generate-manual
	@mkdir -p .build/manual
	.build/release/generate-manual .build/release/vamen --output-directory .build/manual
	@grep -q reconstruct .build/manual/vamen.1 && echo "man .build/manual/vamen.1"

lint: swift
	swift format lint --strict --recursive --parallel Package.swift Sources Shaders Tests Examples

format: swift
	swift format --in-place --recursive --parallel Package.swift Sources Shaders Tests Examples

install:
	@Tests/install.sh $(BUILD_PACKAGES) $(SWIFT_PACKAGES) $(RUN_PACKAGES)

install-test:
	@Tests/install.sh $(BUILD_PACKAGES) $(SWIFT_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)

swift:
	@command -v swift >/dev/null || { \
	  echo "Swift 6.1 or later is needed and not on the PATH: install it from https://swift.org/install"; \
	  exit 1; }

clean:
	rm -rf .build $(DEMO)
