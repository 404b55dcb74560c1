#!/usr/bin/env bash
# A small part of the proof of promise 18; `./dev prove 18` is the whole.
exec "${CREST_ROOT:?}/tests/prove/18_every_signature_is_recorded" --quick
