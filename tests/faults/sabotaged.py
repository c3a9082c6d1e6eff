"""The matrix put to the test: which cell must find out which sabotage. Quick cells, run short."""

CAUGHT_BY = {
    "skip_failures": "sink-503",
    "never_save": "sigterm",
    "save_too_much": "kill-9",
    "ignore_order": "sink-503",
    "hide_losses": "sink-refuses-one",
    "hide_gaps": "forgotten",
    "send_again_without_replay": "once-resets",
    "stay_logged_in": "sigterm",
    "keep_collectors": "collector-stalls",
    "hide_bursts": "burst-unwatched",
    "forget_watching": "burst-watched",
    "write_json_of_nothing": "json-unknown-classes",
    "follow_redirects": "sink-redirects",
    "trust_anyone": "sink-untrusted",
}
