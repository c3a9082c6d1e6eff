"""`python -m standalone.controller --kubeconfig FILE`: runs until it is told to stop."""

import argparse
import logging
import signal
import sys
import time
from pathlib import Path

import yaml

from standalone.kubelet import Api, ApiError

from .loop import LOG, Loop

TURN_SECONDS = 0.5


def main() -> None:
    """Take turns; to stop at any moment is safe, for nothing is remembered that matters."""
    parser = argparse.ArgumentParser(prog="python -m standalone.controller", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="with one cluster, one user")
    loop = Loop(api=_api(parser.parse_args().kubeconfig))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    while True:
        try:
            loop.turn()
        except ApiError as error:
            LOG.warning("%s", error)
        time.sleep(TURN_SECONDS)


def _api(kubeconfig: Path) -> Api:
    config = yaml.safe_load(kubeconfig.read_text())
    [cluster], [user] = config["clusters"], config["users"]
    return Api(
        url=cluster["cluster"]["server"],
        authority=cluster["cluster"]["certificate-authority"],
        token=user["user"]["token"],
    )


if __name__ == "__main__":
    main()
