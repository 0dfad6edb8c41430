# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages of these tests: of each kind an older and a newer version, built and signed with the host's own tools."""
import os
import random
import shutil
import subprocess
import tempfile

OLD, NEW = "1", "2"
EPOCH = "1600000000"
NEEDS_PLUGIN = ("zstd", "xz", "bzip2", "lzma", "signed", "twice")

# Kind -> (rpm's name of the compressor, options of rpmsign or None for unsigned).
KINDS = {
    "zstd": ("w3.zstdio", None),
    "xz": ("w2.xzdio", None),
    "bzip2": ("w9.bzdio", None),
    "lzma": ("w2.lzdio", None),
    "gzip": ("w6.gzdio", None),  # rpm unpacks plain data under this name by itself
    "signed": ("w3.zstdio", ()),
    "twice": ("w3.zstdio", ("--rpmv3",)),  # over the header, and over header and payload
}

SPEC = """\
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
Name: {name}
Version: {version}
Release: 1
Summary: {name}
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
{name}
{scriptlets}
%files -f {files}
"""
# In Lua, so that the roots need no shell. rpm calls plugins for the elements of %pretrans and %posttrans as well.
SCRIPTLETS = ("pretrans", "pre", "post", "preun", "postun", "posttrans")
SCRIPTLET = """\
%{scriptlet} -p <lua>
local log = io.open("/scriptlets", "a")
log:write("{name}-{version} {scriptlet}\\n")
log:close()
"""


def run(*argv, **options):
    """Runs a command that must succeed; gives what it printed."""
    done = subprocess.run([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **options)
    if done.returncode != 0:
        raise RuntimeError("%s: exit status %d\n%s" % (" ".join(map(str, argv)), done.returncode, done.stdout))
    return done.stdout


def noise(seed, size):
    """Bytes that do not compress, the same in every run."""
    return random.Random(seed).randbytes(size)


def prose(seed, lines):
    """Text that compresses a little, the same in every run."""
    source = random.Random(seed)
    return "".join("%s line %d says %x\n" % (seed, line, source.getrandbits(64)) for line in range(lines)).encode()


def contents(name, version):
    """The regular files of a package: path -> (bytes, attribute in the spec's file list)."""
    share = "/usr/share/%s/" % name
    return {
        share + "same": (noise(name, 60000), ""),
        share + "text": (prose(name, 100) + version.encode(), ""),
        share + "empty": (b"", ""),
        share + "hard": (noise(name + "hard", 3000), ""),
        "/usr/bin/" + name: (prose(name + "program", 50) + version.encode(), "%attr(4755, root, root) "),
        "/etc/%s.conf" % name: (prose(name + "conf", 40), "%config(noreplace) "),
        "/etc/%s-new.conf" % name: (prose(name + "new", 40) + version.encode(), "%config "),
        "/usr/share/doc/%s/README" % name: (prose(name + "doc", 80), "%doc "),
        "/usr/share/locale/de/%s.mo" % name: (prose(name + "de", 30), "%lang(de) "),
    }


def lay_out(root, name, version):
    """Puts the files of a package below root; gives the lines of the spec's file list."""
    lines = []
    for path, (data, attribute) in contents(name, version).items():
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        lines.append('%s"%s"' % (attribute, path))
    share = root / "usr/share" / name
    os.link(share / "hard", share / "hard-too")
    (share / "link").symlink_to("text")
    (share / "folder").mkdir(mode=0o700)
    lines += ['"/usr/share/%s/%s"' % (name, path) for path in ("hard-too", "link")]
    lines += ['%%dir %%attr(0700, root, root) "/usr/share/%s/folder"' % name, '%%ghost "/var/%s.state"' % name]
    (root / "var").mkdir()
    (root / "var" / (name + ".state")).touch()
    return lines


def build(kind, version, out, work):
    """Builds one package into the folder out."""
    name = "kind-" + kind
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (work / "files").write_text("\n".join(lay_out(root, name, version)) + "\n")
    scriptlets = "".join(SCRIPTLET.format(scriptlet=scriptlet, name=name, version=version) for scriptlet in SCRIPTLETS)
    (work / "spec").write_text(SPEC.format(name=name, version=version, files=work / "files", scriptlets=scriptlets))
    defines = {"_topdir": work / "top", "_dbpath": work / "db", "_rpmdir": out, "_rpmfilename": "%{NAME}-%{VERSION}.rpm",
               "_binary_payload": KINDS[kind][0], "_binary_filedigest_algorithm": "8", "__check_files": "%{nil}",
               "clamp_mtime_to_source_date_epoch": "1", "use_source_date_epoch_as_buildtime": "1"}
    run("rpmbuild", "-bb", "--quiet", "--noclean", "--buildroot", root, work / "spec",
        *[word for item in defines.items() for word in ("--define", "%s %s" % item)], env=dict(os.environ, SOURCE_DATE_EPOCH=EPOCH))


def sign(packages):
    """Signs package files, each as its kind says, with one throwaway key; gives its public half."""
    with tempfile.TemporaryDirectory() as home:  # short: gpg's agent has a socket in it
        environment = dict(os.environ, GNUPGHOME=home)
        run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "kinds@example.org", "rsa2048", "sign", "never", env=environment)
        for package, options in packages:
            run("rpmsign", "--define", "_gpg_name kinds@example.org", "--define", "__gpg /usr/bin/gpg", "--define", "_gpg_path %s" % home,
                "--addsign", *options, package)
        key = run("gpg", "--armor", "--export", env=environment)
        run("gpgconf", "--homedir", home, "--kill", "gpg-agent")
    return key


def build_all(out, work):
    """Fills out/old and out/new with the packages, and out/key.asc."""
    signed = []
    for folder, version in (("old", OLD), ("new", NEW)):
        (out / folder).mkdir(parents=True)
        for kind, (_, options) in KINDS.items():
            build(kind, version, out / folder, work)
            if options is not None:
                signed.append((out / folder / ("kind-%s-%s.rpm" % (kind, version)), options))
    (out / "key.asc").write_text(sign(signed))
