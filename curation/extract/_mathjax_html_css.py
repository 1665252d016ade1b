"""placeholder"""

from curation.extract._markup import Element


def mathml(element: Element) -> str:
    return ""
