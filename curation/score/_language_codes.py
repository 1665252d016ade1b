"""Codes of languages as models write them (`en`, `eng_Latn`) in ISO 639-1, where there is one.

Models with a script in their labels (NLLB, OpenLID, GlotLID) use ISO 639-3, with a member of a macrolanguage where that is what they mean
(`arb`, `pes`, `zsm`). Labels without a script stay as they are: the three letters of lid.176 are Wikipedia's, where `als` is Alemannic.
"""

from __future__ import annotations

PAIRS = """
aar aa abk ab afr af aka ak als sq amh am arb ar arg an asm as ava av ave ae ayr ay aym ay azj az aze az bak ba bam bm bel be ben bn bih bh
bis bi bod bo bos bs bre br bul bg cat ca ces cs cha ch che ce chu cu chv cv cmn zh cor kw cos co cre cr cym cy dan da deu de div dv dzo dz
ekk et ell el eng en epo eo est et eus eu ewe ee fao fo fas fa fij fj fin fi fra fr fry fy ful ff fuv ff gaz om gla gd gle ga glg gl glv gv
grn gn gug gn guj gu hat ht hau ha hbs sh heb he her hz hin hi hmo ho hrv hr hun hu hye hy ibo ig ido io iii ii iku iu ile ie ina ia ind id
ipk ik isl is ita it jav jv jpn ja kal kl kan kn kas ks kat ka kau kr kaz kk khk mn khm km kik ki kin rw kir ky kmr ku kom kv kon kg kor ko
kua kj kur ku lao lo lat la lav lv lim li lin ln lit lt ltz lb lub lu lug lg lvs lv mah mh mal ml mar mr mkd mk mlg mg mlt mt mon mn mri mi
msa ms mya my nau na nav nv nbl nr nde nd ndo ng nep ne nld nl nno nn nob nb nor no npi ne nya ny oci oc oji oj ori or orm om ory or oss os
pan pa pbt ps pes fa pli pi plt mg pol pl por pt prs fa pus ps quy qu que qu roh rm ron ro run rn rus ru sag sg san sa sin si slk sk slv sl
sme se smo sm sna sn snd sd som so sot st spa es sqi sq srd sc srp sr ssw ss sun su swa sw swe sv swh sw tah ty tam ta tat tt tel te tgk tg
tgl tl tha th tir ti ton to tsn tn tso ts tuk tk tur tr twi tw uig ug ukr uk urd ur uzb uz uzn uz ven ve vie vi vol vo wln wa wol wo xho xh
ydd yi yid yi yor yo zha za zho zh zsm ms zul zu
""".split()
TWO_LETTERS = dict(zip(PAIRS[::2], PAIRS[1::2], strict=True))


def code_of(label: str) -> str:
    """The language of a label: ISO 639-1 where it has a script and there is such a code, else what the model says."""
    language, _, script = label.partition("_")
    return TWO_LETTERS.get(language, language) if script else label
