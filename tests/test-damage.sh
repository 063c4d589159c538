#!/usr/bin/env bash
# A sample of the damaged stores of "make torture".
exec "$BC_BUILD_DIR/tests/torture" --variants 2000
