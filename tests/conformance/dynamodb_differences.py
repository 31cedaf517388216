"""Where DynamoDB Local (3.3.1) answers otherwise than DynamoDB, which ours follows: what was met, with why.

"Observed" is what nubo-db's dynamodb-conformance suite and moto's tests saw at AWS in 2026; "model" is AWS's API model.
"""

import json
import re


def message(said):
    return said.get("Error", {}).get("Message", "")


def reasons(said):
    return [reason.get("Message", "") for reason in said.get("CancellationReasons", [])]


def texts(said):
    """All error texts of an answer, with those of a batch's or a transaction's parts."""
    parts = [part["Error"].get("Message", "") for part in said.get("Responses", [])
             if isinstance(part, dict) and "Error" in part] if isinstance(said.get("Responses"), list) else []
    return [message(said)] + reasons(said) + parts


def any_text(said, pattern):
    return any(re.search(pattern, text) for text in texts(said))


def both(theirs_pattern, ours_pattern):
    return lambda theirs, ours, *_: any_text(theirs, theirs_pattern) and any_text(ours, ours_pattern)


def theirs_says(pattern):
    return lambda theirs, *_: any_text(theirs, pattern)


def only_removes(_theirs, _ours, operation, request):
    expression = request.get("UpdateExpression", "")
    updates = request.get("AttributeUpdates", {}).values()
    return operation == "UpdateItem" and not re.search(r"\b(SET|ADD)\b", expression) and all(
        update.get("Action") == "DELETE" for update in updates)


def reads_list_places(_theirs, _ours, _operation, request):
    return re.search(r"SELECT [^*].*\[\d+\].* FROM", json.dumps(request)) is not None


DIFFERENCES = (
    ("a table that is not there is 'Requested resource not found' (observed)", theirs_says("non-existent table")),
    ("an INSERT of what is there raises DuplicateItemException (model)", theirs_says("^Duplicate primary key exists in table")),
    ("a key with other attributes 'does not match the schema' (observed)",
     theirs_says("The number of conditions on the keys is invalid")),
    ("a key that an item lacks is named (observed)", theirs_says("One of the required keys was not given a value")),
    ("a key's type error tells key and types (observed)",
     theirs_says("(Type mismatch for (key|Index Key)|Invalid attribute value type)$")),
    ("the actions of old name types by their letters", both("is not supported for the type [A-Z]{3,}", "for the type")),
    ("the values of old updates are judged before the condition",
     both("The conditional request failed", "is not supported for the type")),
    ("duplicates of a set: an older wording, which clients know", both("contains duplicates", "contains duplicates")),
    ("what is no number: an older wording, which clients know",
     theirs_says("A value provided cannot be converted into a number")),
    ("which of two overlapping paths is named first", both("Two document paths", "Two document paths")),
    ("an update that only removes makes no item (AttributeAction, API reference)", only_removes),
    ("a filter on what an index lacks is refused for local indexes, too (observed)",
     both("^$", "does not project one or more filter")),
    ("PartiQL: a parameter may stand anywhere in a literal",
     theirs_says("Unsupported data type: Parameter|Unsupported format in item")),
    ("PartiQL: a column is named by the end of its path", reads_list_places),
    ("PartiQL: a batch's SELECT 'must specify the primary key' (observed)",
     theirs_says("Only single item select is supported")),
    ("PartiQL: an index that is not there, or read consistently, in PartiQL's words (observed)",
     both("(the specified index|Consistent reads)", "(the specified index|Strongly consistent read)")),
    ("PartiQL: a batch shows no item of a failed condition (observed)",
     both("^The conditional request failed", "^The conditional request failed")),
    ("DynamoDB Local's own failure", lambda theirs, *_: theirs.get("Error", {}).get("Code") == "InternalFailure"),
    ("TransactWriteItems' Update needs an UpdateExpression (model)", both("", "updateExpression' failed to satisfy")),
    ("a token used for another request: an older wording, which clients know", theirs_says("Specified idempotent token")),
)


def reason_of(theirs, ours, operation, request):
    for reason, applies in DIFFERENCES:
        if applies(theirs, ours, operation, request):
            return reason
    return None
