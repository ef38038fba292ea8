#!/usr/bin/python3
"""Run the tests, stage by stage, and sum them up.

run.py [--full] [STAGE...]

Stages: lint unit fuzz web story fault e2e tsan coverage (default: all but the last, in this order).
--full fuzzes longer, lints with clang-tidy too, runs the stories a second time under
ThreadSanitizer, and measures how much of the pure files the unit tests reach.
A stage that cannot even be built counts as one failure; so does a test file without a test.
The last line is "N passed, N failed" and, where there are any, ", N skipped".
"""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from layout import COVERED

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build-asan" / "reports"  # sanitizers of the servers under test write here
# ThreadSanitizer cannot place its shadow where addresses are spread over more than 28 bits.
NO_ASLR = ["setarch", os.uname().machine, "-R"]
SANITIZE = "address,undefined"
COVERED_LEAST = 95  # per cent of the lines of each file


class Tally:
    def __init__(self, full):
        self.full = full
        self.passed = self.failed = self.skipped = 0
        self.what_failed = []

    def add(self, name, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        if failed:
            self.what_failed.append(f"{name}: {failed} failed")
        return failed == 0


def run(command, env=None, timeout=1800, quiet=False):
    """(exit code, output); the output is shown as it comes. The whole group ends with the command."""
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)
    lines = []

    def read():
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace")
            lines.append(line)
            if not quiet:
                sys.stdout.write(line)
                sys.stdout.flush()

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            lines.append(f"no end after {timeout} s\n")
        finally:
            try:  # also what a test has left running, which would hold the pipe open
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        reading.result()
    return process.wait(), "".join(lines)


def build(tally, folder, options, env=None, targets=()):
    """False, and one failure, if it does not compile."""
    for command in (["script/configure", folder, *options], ["ninja", "-C", folder, *targets]):
        code, output = run(command, env, quiet=True)
        if code:
            print(output)
            return tally.add(f"build {folder}", failed=1)
    return True


def count_lines(text):
    return (len(re.findall(r"^\s*ok\b(?!.*# SKIP)", text, re.M)),
            len(re.findall(r"^\s*not ok\b(?!.*# TODO)", text, re.M)),
            len(re.findall(r"^\s*ok\b.*# SKIP", text, re.M)))


def meson_logs(folder):
    """One; its name holds that of the wrapper."""
    return list((ROOT / folder / "meson-logs").glob("testlog*.json"))


def count_meson(tally, folder, suite, code):
    """Every cmocka case counts; a program that died without saying which case counts once."""
    total = 0
    lines = [line for log in meson_logs(folder)
             for line in log.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        test = json.loads(line)
        passed, failed, skipped = count_lines(test.get("stdout") or "")
        if test["result"] not in ("OK", "SKIP") and not failed:
            failed = 1
        total += passed + failed
        tally.add(f"{suite} {test['name']}", passed, failed, skipped)
    if code and not total:
        tally.add(suite, failed=1)


def meson_tests(tally, folder, suite, wrapper=()):
    command = ["meson", "test", "-C", folder, "--suite", suite, "--print-errorlogs",
               "--num-processes", os.cpu_count()]
    for log in meson_logs(folder):
        log.unlink()
    if wrapper:
        command += ["--wrapper", " ".join(wrapper)]
    code, _ = run(command)
    count_meson(tally, folder, suite, code)


def asan_build(tally):
    return build(tally, "build-asan", ["-Doptimization=1", f"-Db_sanitize={SANITIZE}"])


def tsan_build(tally, *targets):
    return build(tally, "build-tsan", ["-Doptimization=1", "-Db_sanitize=thread"], targets=targets)


def lint(tally):
    code, output = run(["script/lint"] + ([] if tally.full else ["--quick"]))
    passed, failed, _ = count_lines(output)
    tally.add("lint", passed, failed or int(code != 0))


def unit(tally):
    if asan_build(tally):
        meson_tests(tally, "build-asan", "unit")


def fuzz_one(target, seconds):
    """New inputs go to the build folder; a crash file belongs among the seeds once it is mended."""
    name = target.name.removeprefix("fuzz_")
    corpus = target.parent / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests" / "fuzz" / name
    words = ROOT / "tests" / "fuzz" / f"{name}.dict"
    command = [target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
               "-print_final_stats=1", f"-artifact_prefix={target.parent}/crash-{name}-"]
    command += [f"-dict={words}"] if words.exists() else []
    command += [corpus] + ([seeds] if seeds.is_dir() else [])
    return (name, *run(command, timeout=seconds + 300, quiet=True))


def fuzz(tally):
    options = ["-Dfuzz=true", f"-Db_sanitize={SANITIZE}", "-Doptimization=1"]
    clang = "ccache clang" if shutil.which("ccache") else "clang"
    if not build(tally, "build-fuzz", options, env={"CC": clang}):
        return
    targets = sorted(p for p in (ROOT / "build-fuzz" / "tests").glob("fuzz_*") if p.is_file())
    if not targets:
        tally.add("fuzz: no target", failed=1)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, output in pool.map(lambda t: fuzz_one(t, 60 if tally.full else 10), targets):
            runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
            print(f"{'ok' if code == 0 else 'not ok'} - fuzz {name}"
                  f" ({runs[1] if runs else 'unknown number of'} runs)")
            if code:
                print(output[-6000:])
            tally.add(f"fuzz {name}", passed=int(code == 0), failed=int(code != 0))


def web(tally):
    """Unit tests of console and widget."""
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8")) \
        if (ROOT / "package.json").exists() else {}
    files = [p for folder in ("console", "widget", "tests/web") for p in (ROOT / folder).rglob("*.ts")
             if re.search(r"\.(test|spec)\.ts$", p.name) and "node_modules" not in p.parts]
    if "test:unit" not in package.get("scripts", {}) or not files:
        return
    out = ROOT / "build-asan" / "vitest.json"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    code, _ = run(["npm", "run", "--silent", "test:unit", "--", "--reporter=default",
                   "--reporter=json", f"--outputFile.json={out}"])
    if not out.exists():
        tally.add("web", failed=1)
        return
    result = json.loads(out.read_text(encoding="utf-8"))
    tally.add("web", result["numPassedTests"],
              result["numFailedTests"] or int(code != 0), result["numPendingTests"])


def node_tests(tally, folder, binary):
    shared = ROOT.parent / "shared"
    env = {
        "LAIYU_BIN": str(ROOT / binary), "LAIYU_FULL": "1" if tally.full else "0",
        "ASAN_OPTIONS": f"log_path={REPORTS}/asan:strict_string_checks=1",
        "UBSAN_OPTIONS": f"log_path={REPORTS}/ubsan:print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": f"log_path={REPORTS}/tsan:second_deadlock_stack=1:"
                        f"suppressions={ROOT}/tests/tsan.supp",
    }
    if shared.is_dir():
        env["LAIYU_SHARED"] = str(shared)
    wrapper = NO_ASLR if "tsan" in binary else []
    for file in sorted((ROOT / "tests" / folder).glob("*.test.mjs")):
        name = f"{folder}/{file.name}"
        print(f"-- {name} with {binary}", flush=True)
        shutil.rmtree(REPORTS, ignore_errors=True)
        REPORTS.mkdir(parents=True)
        code, output = run([*wrapper, "node", "--test", "--test-reporter=tap", file], env)
        count = {word: int(n) for word, n in
                 re.findall(r"^# (pass|fail|cancelled|skipped|todo) (\d+)\s*$", output, re.M)}
        failed = count.get("fail", 0) + count.get("cancelled", 0)
        if not failed and (code or not sum(count.values())):
            failed = 1  # it died, or has no test in it
        tally.add(name, count.get("pass", 0), failed, count.get("skipped", 0) + count.get("todo", 0))
        for report in sorted(REPORTS.iterdir()):
            print(f"{report.name}\n{report.read_text(encoding='utf-8', errors='replace')[:8000]}")
            tally.add(f"{name} ({report.name})", failed=1)


def has_node_tests(folder):
    return any((ROOT / "tests" / folder).glob("*.test.mjs"))


def release_build(tally):
    code, output = run(["script/build"], quiet=True)
    if code:
        print(output)
        tally.add("script/build", failed=1)
    return not code


def story(tally):
    """The release build comes first: it makes the console and widget that every server holds."""
    if has_node_tests("story") and release_build(tally) and asan_build(tally):
        node_tests(tally, "story", "build-asan/laiyu")


def fault(tally):
    """Sanitized, for what goes wrong in memory; and as it ships, for the times that are promised."""
    if not has_node_tests("fault"):
        return
    if asan_build(tally):
        node_tests(tally, "fault", "build-asan/laiyu")
    if release_build(tally):
        node_tests(tally, "fault", "build/laiyu")


def e2e(tally):
    if has_node_tests("e2e") and release_build(tally):
        node_tests(tally, "e2e", "build/laiyu")


def tsan(tally):
    if not tsan_build(tally):
        return
    meson_tests(tally, "build-tsan", "tsan", NO_ASLR)
    if tally.full and has_node_tests("story"):
        node_tests(tally, "story", "build-tsan/laiyu")


def coverage(tally):
    """Each file whose every line a table of values can reach, and how much of it the tables do."""
    folder = ROOT / "build-cov"
    if not build(tally, "build-cov", ["-Doptimization=0", "-Db_coverage=true"]):
        return
    for old in folder.rglob("*.gcda"):  # counts of an older build
        old.unlink()
    code, output = run(["meson", "test", "-C", folder, "--suite", "unit", "--num-processes",
                        os.cpu_count()], quiet=True)
    if code:
        print(output)
        tally.add("coverage: unit tests", failed=1)
        return
    code, output = run(["gcovr", "--root", ROOT, folder, "--filter", ROOT / "src", "--csv"], quiet=True)
    rows = [row for row in csv.DictReader(output[output.find("filename,"):].splitlines())]
    files = [f"src/{path.relative_to(ROOT / 'src').as_posix()}" for pattern in sorted(COVERED)
             for path in sorted((ROOT / "src").glob(pattern + ".c"))]
    reached = {row["filename"]: row for row in rows}
    for file in files:
        lines, hit = (int(reached[file][f"line_{what}"]) for what in ("total", "covered")) \
            if file in reached else (0, 0)
        good = lines and hit * 100 >= lines * COVERED_LEAST
        print(f"{'ok' if good else 'not ok'} - coverage of {file}: {hit} of {lines} lines")
        tally.add(f"coverage of {file}", passed=int(bool(good)), failed=int(not good))
    if code or not files:
        print(output)
        tally.add("coverage", failed=1)


STAGES = {stage.__name__: stage
          for stage in (lint, unit, fuzz, web, story, fault, e2e, tsan, coverage)}


def main():
    words = sys.argv[1:]
    tally = Tally(full="--full" in words)
    chosen = [word for word in words if word != "--full"] or \
        [name for name in STAGES if tally.full or name != "coverage"]
    unknown = [word for word in chosen if word not in STAGES]
    if unknown:
        sys.exit(f"no such stage: {' '.join(unknown)}\n{__doc__}")
    if os.environ.get("CI") == "true" and not (ROOT.parent / "shared" / "data").is_dir():
        print("the shared data (../shared/data) are missing: the stories with real input cannot run")
        tally.add("shared data", failed=1)
    for name in chosen:
        began = time.monotonic()
        print(f"\n== {name}", flush=True)
        try:
            STAGES[name](tally)
        except Exception as error:  # a stage that dies is a failure, and the others still run
            print(f"{name} died: {error!r}")
            tally.add(name, failed=1)
        print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
    print()
    for line in tally.what_failed:
        print(line)
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {tally.failed} failed{skipped}", flush=True)
    sys.exit(1 if tally.failed or not tally.passed else 0)


if __name__ == "__main__":
    main()
