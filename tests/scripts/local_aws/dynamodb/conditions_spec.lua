-- Conditions on items: every comparison and function, precedence, paths.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

describe("DynamoDB conditions", function()
  local client = support.open()
  client.put("a", 1, {
    n = { N = "10" }, s = { S = "hello" }, b = { B = "\0\255x" }, truth = { BOOL = true }, untruth = { BOOL = false },
      nothing = { NULL = true },
    ss = { SS = { "x", "y" } }, ns = { NS = { "1", "2.0" } }, bs = { BS = { "\1", "\2" } }, vacant = { S = "" },
      wide = { S = "äöü" },
    seq = { L = json.array { { N = "1" }, { S = "two" }, { L = json.array { { N = "3" } } } } },
    m = { M = { inside = { M = { deep = { L = json.array { { S = "found" } } } } }, ["a.b"] = { N = "1" } } },
  })

  local function holds(expression, values, names)
    local output = client.Scan { TableName = "things", FilterExpression = expression, ExpressionAttributeValues = values,
      ExpressionAttributeNames = names, Select = "COUNT" }
    return output.Count == 1
  end

  local function number(text) return { [":v"] = { N = text } } end
  local function string(text) return { [":v"] = { S = text } } end

  it("compare numbers as numbers", function()
    assert.is_true(holds("n = :v", number "10.0"))
    assert.is_true(holds("n > :v", number "9"))
    assert.is_false(holds("n < :v", number "9"))
    assert.is_true(holds("n >= :v", number "1e1"))
    assert.is_true(holds("n <= :v", number "1e1"))
    assert.is_true(holds("n <> :v", number "11"))
    assert.is_true(holds("n BETWEEN :v AND :w", { [":v"] = { N = "9.99" }, [":w"] = { N = "10" } }))
    assert.is_true(holds("n IN (:v, :w)", { [":v"] = { N = "1" }, [":w"] = { N = "10" } }))
    assert.is_false(holds("n IN (:v)", number "1"))
  end)

  it("compare texts and binaries by their bytes", function()
    assert.is_true(holds("s < :v", string "hellp"))
    assert.is_true(holds("s > :v", string "hell"))
    assert.is_false(holds("s > :v", string "hello"))
    assert.is_true(holds("s > :v", string "Z"))
    assert.is_true(holds("b > :v", { [":v"] = { B = "\0\254" } }))
    assert.is_true(holds("b = :v", { [":v"] = { B = "\0\255x" } }))
    assert.is_true(holds("s > :v", string(("a"):rep(200))))
  end)

  it("know no order between types", function()
    assert.is_false(holds("s > :v", number "1"))
    assert.is_false(holds("s = :v", number "1"))
    assert.is_true(holds("s <> :v", number "1"))
    assert.is_false(holds("absent = :v", number "1"))
    assert.is_true(holds("absent <> :v", number "1"))
    assert.is_false(holds("absent < :v", number "1"))
  end)

  it("compare sets without order, documents deeply", function()
    assert.is_true(holds("ss = :v", { [":v"] = { SS = { "y", "x" } } }))
    assert.is_false(holds("ss = :v", { [":v"] = { SS = { "y" } } }))
    assert.is_false(holds("ss = :v", { [":v"] = { SS = { "y", "z" } } }))
    assert.is_true(holds("ns = :v", { [":v"] = { NS = { "2", "1" } } }))
    assert.is_true(holds("seq[2] = :v", { [":v"] = { L = json.array { { N = "3" } } } }))
    assert.is_false(holds("seq[2] = :v", { [":v"] = { L = json.array {} } }))
    assert.is_false(holds("seq[2] = :v", { [":v"] = { L = json.array { { N = "3" }, { N = "4" } } } }))
    assert.is_true(holds("m.inside = :v", { [":v"] = { M = { deep = { L = json.array { { S = "found" } } } } } }))
    assert.is_false(holds("m.inside = :v", { [":v"] = { M = json.object {} } }))
    assert.is_false(holds("m.inside = :v", { [":v"] = { M = { deep = { S = "x" } } } }))
    assert.is_true(holds("truth = :v", { [":v"] = { BOOL = true } }))
    assert.is_true(holds("untruth = :v", { [":v"] = { BOOL = false } }))
    assert.is_true(holds("nothing = :v", { [":v"] = { NULL = true } }))
  end)

  it("follow paths into maps and lists", function()
    assert.is_true(holds("m.inside.deep[0] = :v", string "found"))
    assert.is_true(holds("#m.#i.deep [ 0 ] = :v", string "found", { ["#m"] = "m", ["#i"] = "inside" }))
    assert.is_true(holds("m.#dotted = :v", number "1", { ["#dotted"] = "a.b" }))
    assert.is_false(holds("seq[9] = :v", number "1"))
    assert.is_false(holds("s.x = :v", number "1"))
    assert.is_false(holds("s[0] = :v", number "1"))
    assert.is_false(holds("absent.x.y[1] = :v", number "1"))
  end)

  it("have attribute_exists, attribute_not_exists, attribute_type", function()
    assert.is_true(holds "attribute_exists(m.inside.deep)")
    assert.is_false(holds "attribute_exists(m.inside.shallow)")
    assert.is_true(holds "attribute_not_exists(absent)")
    assert.is_false(holds "attribute_not_exists(s)")
    for name, kind in pairs { n = "N", s = "S", b = "B", truth = "BOOL", nothing = "NULL", ss = "SS", ns = "NS", bs = "BS",
      seq = "L", m = "M" } do
      assert.is_true(holds("attribute_type(" .. name .. ", :v)", string(kind)), name)
    end
    assert.is_false(holds("attribute_type(n, :v)", string "S"))
    assert.is_false(holds("attribute_type(absent, :v)", string "S"))
  end)

  it("have begins_with and contains", function()
    assert.is_true(holds("begins_with(s, :v)", string "hell"))
    assert.is_false(holds("begins_with(s, :v)", string "ello"))
    assert.is_true(holds("begins_with(b, :v)", { [":v"] = { B = "\0" } }))
    assert.is_false(holds("begins_with(n, :v)", string "1"))
    assert.is_false(holds("begins_with(absent, :v)", string "1"))
    assert.is_true(holds("contains(s, :v)", string "ell"))
    assert.is_false(holds("contains(s, :v)", string "elx"))
    assert.is_true(holds("contains(b, :v)", { [":v"] = { B = "\255" } }))
    assert.is_true(holds("contains(ss, :v)", string "y"))
    assert.is_false(holds("contains(ss, :v)", string "z"))
    assert.is_true(holds("contains(ns, :v)", number "2"))
    assert.is_true(holds("contains(bs, :v)", { [":v"] = { B = "\2" } }))
    assert.is_true(holds("contains(seq, :v)", string "two"))
    assert.is_true(holds("contains(seq, :v)", { [":v"] = { L = json.array { { N = "3" } } } }))
    assert.is_false(holds("contains(seq, :v)", string "three"))
    assert.is_false(holds("contains(n, :v)", string "1"))
    assert.is_false(holds("contains(m, :v)", string "inside"))
    assert.is_false(holds("contains(absent, :v)", string "1"))
    assert.is_true(holds("contains(:v, vacant)", string "anything"))
  end)

  it("have size for what has one", function()
    for name, size in pairs { s = "5", b = "3", ss = "2", ns = "2", seq = "3", m = "2", vacant = "0", wide = "3" } do
      assert.is_true(holds("size(" .. name .. ") = :v", number(size)), name)
    end
    for _, name in ipairs { "n", "truth", "nothing", "absent" } do
      assert.is_false(holds("size(" .. name .. ") >= :v", number "0"), name)
    end
    assert.is_true(holds "size(ss) < size(s)")
  end)

  it("bind NOT before AND before OR", function()
    local values = { [":t"] = { N = "10" }, [":f"] = { N = "0" } }
    assert.is_true(holds("n = :t OR n = :f AND n = :f", values))
    assert.is_false(holds("(n = :t OR n = :f) AND n = :f", values))
    assert.is_true(holds("NOT n = :f AND n = :t", values))
    assert.is_false(holds("NOT (n = :f OR n = :t)", values))
    assert.is_true(holds("not n = :f and not not n = :t", values))
    assert.is_true(holds("(n) = :t AND (n = (:t)) AND n BETWEEN :f AND :t", values))
    assert.is_true(holds("n IN (:f, :t) AND NOT attribute_exists(absent) AND n <> :f", values))
  end)
end)
