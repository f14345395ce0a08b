"""The part of JSON Schema that schemas/gate.json uses; any other keyword is an error."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_NO_CHECKS = {"$schema", "$defs", "title", "description"}
_CHECKS = {"type", "const", "enum", "required", "properties", "additionalProperties", "items"}
_CHECKS |= {"minItems", "minLength", "$ref"}


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def problems(value: Any, schema: Mapping[str, Any], root: Any, at: str = "") -> Iterator[str]:
    """Everything about a value that its schema does not allow."""
    unknown = schema.keys() - _CHECKS - _NO_CHECKS
    if unknown:
        raise ValueError(f"{at}: keywords {sorted(unknown)} are not known")
    if "$ref" in schema:
        yield from problems(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    kinds = schema.get("type", list(_TYPES))
    if not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{at}: is not {kinds}: {value!r}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not allowed"
    if isinstance(value, (list, str)):
        if len(value) < schema.get("minItems" if isinstance(value, list) else "minLength", 0):
            yield f"{at}: is too short"
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from problems(entry, schema.get("items", {}), root, f"{at}[{index}]")
    if isinstance(value, dict):
        for key in schema.get("required", []):
            if key not in value:
                yield f"{at}.{key}: is missing"
        others = schema.get("additionalProperties", {})
        for key, entry in value.items():
            part = schema.get("properties", {}).get(key, others)
            yield from problems(entry, part, root, f"{at}.{key}")
