local decimal = require "local_aws.dynamodb.decimal"

local function normal(text)
  return decimal.format(assert(decimal.parse(text), text))
end

describe("decimal", function()
  it("answers numbers in plain notation without needless zeros", function()
    for text, expected in pairs {
      ["0"] = "0", ["-0"] = "0", ["0.00"] = "0", ["0e10"] = "0", ["000"] = "0", ["+5"] = "5", [".5"] = "0.5", ["5."] = "5",
      ["1e2"] = "100", ["1E+2"] = "100", ["1.5e-3"] = "0.0015", ["000012.3400"] = "12.34", ["-12.50"] = "-12.5",
      ["1e125"] = "1" .. ("0"):rep(125), ["1e-130"] = "0." .. ("0"):rep(129) .. "1", ["100"] = "100", ["120e-1"] = "12",
    } do
      assert.are.equal(expected, normal(text), text)
    end
  end)

  it("refuses what is no number", function()
    for _, text in ipairs { "", ".", "-", "e1", "1e", "1e+", " 1", "1 ", "0x1", "NaN", "Infinity", "1_0", "--1", "1.2.3",
      "1e99999999999" } do
      assert.is_nil(decimal.parse(text), text)
    end
  end)

  it("knows the ranges", function()
    local function fault(text) return decimal.fault(decimal.parse(text)) end
    assert.is_nil(fault("9.9999e125"))
    assert.is_nil(fault("-1e-130"))
    assert.is_nil(fault(("1"):rep(38) .. "0"))
    assert.is_nil(fault("0e900"))
    assert.matches("^Number overflow", fault("1e126"))
    assert.matches("^Number underflow", fault("9.9e-131"))
    assert.are.equal("Attempting to store more than 38 significant digits in a Number", fault(("1"):rep(39)))
  end)

  it("adds and subtracts exactly", function()
    local function sum(a, b) return decimal.format(decimal.add(decimal.parse(a), decimal.parse(b))) end
    local function difference(a, b) return decimal.format(decimal.subtract(decimal.parse(a), decimal.parse(b))) end
    assert.are.equal("0.3", sum("0.1", "0.2"))
    assert.are.equal("1" .. ("0"):rep(38), sum(("9"):rep(38), "1"))
    assert.are.equal("0", sum("5", "-5"))
    assert.are.equal("-4.99", sum("0.01", "-5"))
    assert.are.equal("5", sum("5", "0"))
    assert.are.equal("5", sum("0", "5"))
    assert.are.equal("0.9", difference("1", "0.1"))
    assert.are.equal("-0.9", difference("0.1", "1"))
    assert.are.equal("-1", difference("0", "1"))
    assert.are.equal("12345678901234567890.00000000000000001", sum("12345678901234567890", "1e-17"))
  end)

  it("agrees with integer arithmetic over many numbers", function()
    for a = -120, 120, 7 do
      for b = -1100, 1100, 91 do
        local x, y = decimal.parse(tostring(a)), decimal.parse(tostring(b))
        assert.are.equal(tostring(a + b), decimal.format(decimal.add(x, y)))
        assert.are.equal(tostring(a - b), decimal.format(decimal.subtract(x, y)))
        assert.are.equal(a < b and -1 or a > b and 1 or 0, decimal.compare(x, y))
      end
    end
  end)

  it("encodes to bytes in the order of the numbers", function()
    local ordered = { "-9.9e125", "-1e20", "-1000.5", "-1000", "-100.1", "-100", "-99.5", "-12", "-1.201", "-1.2", "-1",
      "-0.1", "-1e-20",
      "-1e-130", "0", "1e-130", "1e-20", "0.001", "0.01", "0.5", "0.51", "0.511", "1", "1.2", "1.201", "9", "10", "11", "99",
        "100", "1e20", "9.9e125" }
    for place = 2, #ordered do
      local below, above = decimal.parse(ordered[place - 1]), decimal.parse(ordered[place])
      assert.is_true(decimal.encode(below) < decimal.encode(above), ordered[place - 1] .. " before " .. ordered[place])
      assert.are.equal(-1, decimal.compare(below, above))
      assert.are.equal(1, decimal.compare(above, below))
    end
  end)

  it("has the sizes that DynamoDB counts", function()
    for text, expected in pairs { ["0"] = 1, ["1"] = 2, ["-1"] = 3, ["10"] = 2, ["12"] = 2, ["123"] = 3, ["0.1"] = 2,
      ["1234"] = 3, ["1.2"] = 3, [("1"):rep(38)] = 20 } do
      assert.are.equal(expected, decimal.size(decimal.parse(text)), text)
    end
  end)
end)
