"""Random PartiQL statements on the tables of dynamodb_requests.py, from a seeded generator."""

from dynamodb_requests import NAMES, Requests

COMPARATORS = ("=", "<>", "!=", "<", "<=", ">", ">=")


class Statements(Requests):
    """request() gives (operation, input), as that of Requests."""

    def literal(self, value, parameters):
        kind, content = next(iter(value.items()))
        if kind == "B" or parameters is not None and self.chance(0.2):
            parameters.append(value)
            return "?"
        if kind == "S":
            return "'%s'" % content
        if kind == "N":
            return content
        if kind == "BOOL":
            return str(content).lower()
        if kind == "NULL":
            return "null"
        if kind in ("SS", "NS"):
            return "<<%s>>" % ", ".join("'%s'" % each if kind == "SS" else each for each in content)
        if kind == "L":
            return "[%s]" % ", ".join(self.literal(each, parameters) for each in content)
        return "{%s}" % ", ".join("'%s': %s" % (name, self.literal(each, parameters)) for name, each in content.items())

    def number(self):
        return self.pick(("0", "1", "2", "3", "10", "-5", "1.5"))

    def name(self, name):
        return '"%s"' % name if self.chance(0.3) else name

    def where(self, parameters):
        name = self.pick(NAMES)
        form = self.random.randrange(12)
        if form < 3:
            return "%s %s %s" % (self.path(name), self.pick(COMPARATORS), self.literal(self.attribute(name), parameters))
        if form == 3:
            low, high = self.literal(self.attribute(name), parameters), self.literal(self.attribute(name), parameters)
            return "%s %sBETWEEN %s AND %s" % (self.path(name), self.pick(("", "NOT ")), low, high)
        if form == 4:
            choices = ", ".join(self.literal(self.attribute(name), parameters) for _ in range(2))
            return "%s IN %s" % (self.path(name), self.pick(("(%s)", "[%s]")) % choices)
        if form == 5:
            return "%s IS %s%s" % (self.path(name), self.pick(("", "NOT ")), self.pick(("MISSING", "NULL")))
        if form == 6:
            return "begins_with(%s, %s)" % (self.path(name), self.literal({"S": "x"}, parameters))
        if form == 7:
            return "contains(%s, %s)" % (self.path(name), self.literal(self.pick(({"S": "x"}, {"N": "1"})), parameters))
        if form == 8:
            return "size(%s) > %s" % (self.path(self.pick("msl")), self.random.randrange(3))
        if form == 9:
            return "NOT (%s)" % self.where(parameters)
        if form == 10:
            return "(%s OR %s)" % (self.where(parameters), self.where(parameters))
        return "attribute_type(%s, '%s')" % (self.path(name), self.pick(("S", "N", "L")))

    def whole_key(self, table, parameters):
        parts = ["p = %s" % self.literal({"S": self.pick("ABC")}, parameters)]
        if table == "ranged":
            parts.append("r = %s" % self.literal({"N": self.pick("123")}, parameters))
        return parts

    def conditions(self, parts):
        return " WHERE " + " AND ".join(parts) if parts else ""

    def select(self, parameters):
        table = self.table()
        source = table
        if table == "ranged" and self.chance(0.3):
            source = '"ranged"."%s"' % self.pick(("g-all", "g-keys", "l-some"))
        columns = "*" if self.chance(0.5) else ", ".join(self.name(name) for name in self.random.sample(NAMES, 2))
        parts = []
        if self.chance(0.6):
            parts = self.whole_key(table, parameters)[:self.random.randrange(1, 3)]
        if self.chance(0.5):
            parts.append(self.where(parameters))
        order = " ORDER BY %s %s" % (self.pick("pr"), self.pick(("ASC", "DESC"))) if self.chance(0.1) else ""
        return "SELECT %s FROM %s%s%s" % (columns, source, self.conditions(parts), order)

    def insert(self, parameters):
        table = self.table()
        return "INSERT INTO %s VALUE %s" % (table, self.literal({"M": self.item(table)}, parameters))

    def assignment(self, name, parameters):
        form = self.random.randrange(8)
        if form == 0:
            return "n = n %s %s" % (self.pick("+-"), self.literal({"N": "1"}, parameters))
        if form == 1:
            return "l = list_append(l, %s)" % self.literal(self.fitting("l"), parameters)
        if form == 2:
            return "s = %s(s, %s)" % (self.pick(("set_add", "set_delete")), self.literal(self.fitting("s"), parameters))
        return "%s = %s" % (self.path(name), self.literal(self.attribute(name), parameters))

    def update_statement(self, parameters):
        table = self.table()
        actions = [" SET " + self.assignment(name, parameters) if self.chance(0.8) else " REMOVE " + self.path(name)
                   for name in self.random.sample(NAMES, self.random.randrange(1, 3))]
        parts = self.whole_key(table, parameters)
        if self.chance(0.3):
            parts.append(self.where(parameters))
        returning = ""
        if self.chance(0.5):
            returning = " RETURNING %s %s *" % (self.pick(("ALL", "MODIFIED")), self.pick(("OLD", "NEW")))
        return "UPDATE %s%s%s%s" % (table, "".join(actions), self.conditions(parts), returning)

    def delete_statement(self, parameters):
        table = self.table()
        parts = self.whole_key(table, parameters)
        if self.chance(0.3):
            parts.append(self.where(parameters))
        returning = " RETURNING ALL OLD *" if self.chance(0.5) else ""
        return "DELETE FROM %s%s%s" % (table, self.conditions(parts), returning)

    def statement(self, makers):
        self.begin({})
        parameters = []
        statement = {"Statement": self.pick(makers)(parameters)}
        if parameters:
            statement["Parameters"] = parameters
        return statement

    def request(self):
        reading = self.chance(0.5)
        writes = (self.insert, self.update_statement, self.update_statement, self.delete_statement)
        makers = (self.select,) if reading else writes
        form = self.random.randrange(8)
        if form == 0:
            return "BatchExecuteStatement", {"Statements": [self.statement(makers) for _ in range(self.random.randrange(1, 4))]}
        if form == 1:
            statements = [self.statement(makers) for _ in range(self.random.randrange(1, 4))]
            return "ExecuteTransaction", {"TransactStatements": statements}
        return "ExecuteStatement", self.statement(makers)
