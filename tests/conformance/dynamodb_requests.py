"""Random requests to DynamoDB from a seeded generator: valid ones, and such as are wrong in the ways that clients are."""

TABLES = {
    "plain": {
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    "ranged": {
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in
                                 (("p", "S"), ("r", "N"), ("g", "S"), ("n", "N"))],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            {"IndexName": "g-all", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"},
                                                 {"AttributeName": "n", "KeyType": "RANGE"}],
             "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "g-keys", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        "LocalSecondaryIndexes": [
            {"IndexName": "l-some", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"},
                                                  {"AttributeName": "n", "KeyType": "RANGE"}],
             "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}}],
    },
}
NAMES = ("a", "b", "c", "m", "l", "s", "n", "g")
WORDS = ("", "x", "xy", "xyz", "y", "zé", "G1", "G2")
FUNCTIONS = ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size")
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
LEGACY = ("EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "NULL", "NOT_NULL", "BETWEEN", "IN")


class Requests:
    """`random` is a random.Random. request() gives (operation, input)."""

    def __init__(self, random):
        self.random = random

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, choices):
        return self.random.choice(choices)

    # Values -------------------------------------------------------------------------------------------------------------------

    def number(self):
        return self.pick(("0", "1", "2", "3", "-1", "10", "1.5", "1e2", "-0", "0.10", "12345678901234567890123456789012345678",
                          "1E+125", "1e-130", "9" * 38, "x", "", "1e126", "1" * 39)
                         if self.chance(0.15) else ("0", "1", "2", "3", "10", "-5", "1.5"))

    def value(self, depth=0):
        kind = self.pick(("S", "N", "S", "N", "B", "BOOL", "NULL", "SS", "NS", "L", "M"))
        if kind == "S":
            return {"S": self.pick(WORDS)}
        if kind == "N":
            return {"N": self.number()}
        if kind == "B":
            return {"B": self.pick((b"", b"\0", b"ab", b"\xff"))}
        if kind == "BOOL":
            return {"BOOL": self.chance(0.5)}
        if kind == "NULL":
            return {"NULL": not self.chance(0.1)}
        if kind == "SS":
            return {"SS": self.members(("x", "xy", "y", "z"))}
        if kind == "NS":
            return {"NS": self.members(("1", "2", "3", "1.0") if self.chance(0.1) else ("1", "2", "3"))}
        if depth > 2:
            return {"L": []}
        if kind == "L":
            return {"L": [self.value(depth + 1) for _ in range(self.random.randrange(3))]}
        return {"M": {self.pick("xyz"): self.value(depth + 1) for _ in range(self.random.randrange(3))}}

    def members(self, choices):
        count = self.random.randrange(0 if self.chance(0.1) else 1, 4)
        return [self.pick(choices) for _ in range(count)] if self.chance(0.1) else self.random.sample(choices, min(count, 3))

    def fitting(self, name):
        """A value of the type that an attribute mostly has, so that conditions are true at times."""
        if name in ("n", "a"):
            return {"N": self.pick(("1", "2", "3"))}
        if name in ("g", "b"):
            return {"S": self.pick(("x", "xy", "G1", "G2"))}
        if name == "s":
            return {"NS": self.members(("1", "2", "3"))}
        if name == "l":
            return {"L": [self.value(2) for _ in range(self.random.randrange(3))]}
        if name == "m":
            return {"M": {key: self.value(2) for key in "xy" if self.chance(0.7)}}
        return self.value()

    def attribute(self, name):
        return self.fitting(name) if self.chance(0.85) else self.value()

    def table(self):
        return "missing" if self.chance(0.01) else self.pick(tuple(TABLES))

    def key(self, table):
        key = {"p": {"S": self.pick("ABC")}}
        if table == "ranged":
            key["r"] = {"N": self.pick(("1", "2", "3"))}
        if self.chance(0.04):
            self.pick((lambda: key.pop("p"), lambda: key.update(x={"S": "x"}), lambda: key.update(p={"N": "1"}),
                       lambda: key.update(p={"S": ""})))()
        return key

    def item(self, table):
        item = self.key(table)
        for name in NAMES:
            if self.chance(0.6):
                item[name] = self.attribute(name)
        return item

    # Expressions --------------------------------------------------------------------------------------------------------------

    def begin(self, request):
        self.names, self.values, self.built = {}, {}, request

    def placeholder(self, value):
        key = ":v%d" % len(self.values)
        self.values[key] = value
        return ":none" if self.chance(0.01) else key

    def name(self, name):
        if self.chance(0.2):
            self.names["#" + name] = name
            return "#" + name
        return "name" if self.chance(0.01) else name

    def path(self, name=None):
        name = name or self.pick(NAMES + ("p", "r") if self.chance(0.05) else NAMES)
        text = self.name(name)
        if name == "m" and self.chance(0.6) or self.chance(0.03):
            text += "." + self.pick("xyz")
        if name == "l" and self.chance(0.6) or self.chance(0.03):
            text += "[%d]" % self.random.randrange(3)
        return text

    def operand(self, name):
        if self.chance(0.1):
            return "size(%s)" % self.path()
        return self.path() if self.chance(0.1) else self.placeholder(self.attribute(name))

    def comparison(self):
        name = self.pick(NAMES)
        form = self.random.randrange(10)
        if form < 4:
            return "%s %s %s" % (self.path(name), self.pick(COMPARATORS), self.operand(name))
        if form == 4:
            return "%s BETWEEN %s AND %s" % (self.path(name), self.operand(name), self.operand(name))
        if form == 5:
            return "%s IN (%s)" % (self.path(name), ", ".join(self.operand(name) for _ in range(self.random.randrange(1, 3))))
        function = self.pick(FUNCTIONS)
        if function.startswith("attribute_") and function != "attribute_type" and not self.chance(0.03):
            return "%s(%s)" % (function, self.path(name))
        if function == "attribute_type":
            kind = self.placeholder({"S": self.pick(("S", "N", "L", "M", "NS", "X") if self.chance(0.1) else ("S", "N", "L"))})
            return "attribute_type(%s, %s)" % (self.path(name), kind)
        if function == "size" and not self.chance(0.1):
            return "size(%s) %s %s" % (self.path(name), self.pick(COMPARATORS), self.placeholder({"N": self.pick("0123")}))
        return "%s(%s, %s)" % (function, self.path(name), self.placeholder(self.value(2)))

    def condition(self, depth=0):
        form = self.random.randrange(8)
        if depth < 3 and form == 0:
            return "%s AND %s" % (self.condition(depth + 1), self.condition(depth + 1))
        if depth < 3 and form == 1:
            return "%s OR %s" % (self.condition(depth + 1), self.condition(depth + 1))
        if depth < 3 and form == 2:
            return "NOT %s" % self.condition(depth + 1)
        if depth < 3 and form == 3:
            return "(%s)" % self.condition(depth + 1)
        return self.comparison()

    def addend(self, name):
        form = self.random.randrange(6)
        if form == 0:
            return "if_not_exists(%s, %s)" % (self.path(name), self.placeholder(self.attribute(name)))
        if form == 1:
            return "list_append(%s, %s)" % (self.path("l"), self.placeholder(self.attribute("l")))
        if form == 2:
            return self.path()
        return self.placeholder(self.attribute(name))

    def update(self):
        sections = []
        for section in self.random.sample(("SET", "REMOVE", "ADD", "DELETE"), self.random.randrange(1, 3)):
            actions = []
            for name in self.random.sample(NAMES, self.random.randrange(1, 3)):
                if section == "SET":
                    sign = " %s %s" % (self.pick("+-"), self.addend("n")) if self.chance(0.2) else ""
                    actions.append("%s = %s%s" % (self.path(name), self.addend(name), sign))
                elif section == "REMOVE":
                    actions.append(self.path(name))
                else:
                    name = self.pick(("s", "n") if section == "ADD" else ("s",)) if self.chance(0.9) else name
                    actions.append("%s %s" % (self.path(name), self.placeholder(self.attribute(name))))
            sections.append("%s %s" % (section, ", ".join(actions)))
        return " ".join(sections)

    def projection(self):
        return ", ".join(self.path(name) for name in self.random.sample(NAMES, self.random.randrange(1, 4)))

    def spoilt(self, text):
        """The text, at times with a token lost or doubled."""
        if not self.chance(0.03):
            return text
        tokens = text.split(" ")
        place = self.random.randrange(len(tokens))
        tokens[place:place + 1] = self.pick(([], [tokens[place]] * 2, ["%"]))
        return " ".join(tokens)

    def expression(self, member, make, probability=1.0):
        if self.chance(probability):
            self.built[member] = self.spoilt(make())

    def finish(self, takes_values=True):
        if self.chance(0.01):
            self.values[":unused"] = {"S": "x"}
        if takes_values and (self.values or self.chance(0.01)):
            self.built["ExpressionAttributeValues"] = self.values
        if self.names or self.chance(0.01):
            self.built["ExpressionAttributeNames"] = self.names
        return self.built

    # Operations ---------------------------------------------------------------------------------------------------------------

    def write_options(self, returns):
        if self.chance(0.4):
            self.built["ReturnValues"] = self.pick(returns)
        if self.chance(0.2):
            self.built["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"

    def put(self):
        table = self.table()
        self.begin({"TableName": table, "Item": self.item(table)})
        self.expression("ConditionExpression", self.condition, 0.4)
        self.write_options(("NONE", "ALL_OLD"))
        return "PutItem", self.finish()

    def delete(self):
        table = self.table()
        self.begin({"TableName": table, "Key": self.key(table)})
        self.expression("ConditionExpression", self.condition, 0.4)
        self.write_options(("NONE", "ALL_OLD"))
        return "DeleteItem", self.finish()

    def get(self):
        table = self.table()
        self.begin({"TableName": table, "Key": self.key(table)})
        self.expression("ProjectionExpression", self.projection, 0.5)
        return "GetItem", self.finish(False)

    def update_item(self):
        table = self.table()
        self.begin({"TableName": table, "Key": self.key(table)})
        self.expression("UpdateExpression", self.update, 0.95)
        self.expression("ConditionExpression", self.condition, 0.3)
        self.write_options(("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"))
        return "UpdateItem", self.finish()

    def legacy_condition(self, name):
        operator = self.pick(LEGACY)
        count = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2, "IN": 2}.get(operator, 1)
        count = self.random.randrange(3) if self.chance(0.05) else count
        condition = {"ComparisonOperator": operator}
        if count:
            condition["AttributeValueList"] = [self.attribute(name) for _ in range(count)]
        return condition

    def legacy_update(self):
        table, updates, expected = self.pick(tuple(TABLES)), {}, {}
        for name in self.random.sample(NAMES, 2):
            action = self.pick(("PUT", "ADD", "DELETE"))
            updates[name] = {"Action": action}
            if action != "DELETE" or self.chance(0.5):
                updates[name]["Value"] = self.attribute(name)
        if self.chance(0.5):
            name = self.pick(NAMES)
            expected[name] = self.pick((self.legacy_condition(name), {"Exists": False}, {"Value": self.attribute(name)}))
        self.begin({"TableName": table, "Key": self.key(table), "AttributeUpdates": updates})
        if expected:
            self.built["Expected"] = expected
        self.write_options(("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"))
        self.built.pop("ReturnValuesOnConditionCheckFailure", None)
        return "UpdateItem", self.built

    def read_options(self, index):
        if self.chance(0.15):
            self.built["Select"] = self.pick(("COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"))
        if self.chance(0.2):
            self.built["ConsistentRead"] = True
        if index:
            self.built["IndexName"] = "none" if self.chance(0.02) else index
        self.expression("ProjectionExpression", self.projection, 0.3)
        self.expression("FilterExpression", self.condition, 0.4)

    def range_condition(self, name):
        form = self.random.randrange(4)
        if form == 0:
            return "%s BETWEEN %s AND %s" % (name, self.placeholder({"N": "1"}), self.placeholder({"N": self.pick("0123")}))
        if form == 1 and self.chance(0.1):
            return "begins_with(%s, %s)" % (name, self.placeholder({"S": "x"}))
        return "%s %s %s" % (name, self.pick(COMPARATORS), self.placeholder({"N": self.pick("123")}))

    def query(self):
        table = self.table()
        index = self.pick((None, "g-all", "g-keys", "l-some")) if table == "ranged" else None
        self.begin({"TableName": table})
        keys = {"g-all": ("g", "n"), "g-keys": ("g", None), "l-some": ("p", "n")}.get(index, ("p", table == "ranged" and "r"))
        hash_value = {"S": self.pick("ABC" if keys[0] == "p" else ("x", "xy", "G1"))}

        def key_condition():
            parts = ["%s = %s" % (self.name(keys[0]), self.placeholder(hash_value if not self.chance(0.03) else {"N": "1"}))]
            if keys[1] and self.chance(0.5) or self.chance(0.03):
                parts.append(self.range_condition(keys[1] or "r"))
            self.random.shuffle(parts)
            return " AND ".join(parts)

        self.expression("KeyConditionExpression", key_condition, 0.98)
        self.read_options(index)
        if self.chance(0.3):
            self.built["ScanIndexForward"] = False
        return "Query", self.finish()

    def scan(self):
        table = self.table()
        self.begin({"TableName": table})
        self.read_options(self.pick((None, None, "g-all", "g-keys", "l-some")) if table == "ranged" else None)
        return "Scan", self.finish()

    def legacy_read(self):
        table = self.pick(tuple(TABLES))
        name = self.pick(NAMES)
        if self.chance(0.5):
            return "Scan", {"TableName": table, "ScanFilter": {name: self.legacy_condition(name)}}
        conditions = {"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": self.pick("ABC")}]}}
        if table == "ranged" and self.chance(0.5):
            conditions["r"] = self.legacy_condition("n")
        request = {"TableName": table, "KeyConditions": conditions}
        if self.chance(0.5):
            request["QueryFilter"] = {name: self.legacy_condition(name)}
        return "Query", request

    def batch_write(self):
        table = self.table()
        entries = []
        for _ in range(self.random.randrange(1, 4)):
            put = {"PutRequest": {"Item": self.item(table)}}
            entries.append(put if self.chance(0.6) else {"DeleteRequest": {"Key": self.key(table)}})
        return "BatchWriteItem", {"RequestItems": {table: entries}}

    def batch_get(self):
        table = self.table()
        self.begin({"Keys": [self.key(table) for _ in range(self.random.randrange(1, 3))]})
        self.expression("ProjectionExpression", self.projection, 0.5)
        return "BatchGetItem", {"RequestItems": {table: self.finish(False)}}

    def transact_write(self):
        makers = (self.put, self.delete, self.update_item)
        actions = []
        for _ in range(self.random.randrange(1, 4)):
            operation, request = self.pick(makers)()
            request.pop("ReturnValues", None)
            actions.append({operation[:-4]: request})
        return "TransactWriteItems", {"TransactItems": actions}

    def transact_get(self):
        return "TransactGetItems", {"TransactItems": [{"Get": self.get()[1]} for _ in range(self.random.randrange(1, 4))]}

    def request(self):
        return self.pick((self.put,) * 4 + (self.update_item,) * 6 + (self.query,) * 4 + (self.scan,) * 3 + (
            self.delete, self.get, self.legacy_update, self.legacy_update, self.legacy_read, self.legacy_read, self.batch_write,
            self.batch_get, self.transact_write, self.transact_get))()
