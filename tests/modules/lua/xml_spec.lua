local xml = require "xml"

local function refused(text, code)
  local ok, problem = pcall(xml.parse, text)
  assert.is_false(ok)
  assert.equal(code, problem.code)
  return problem
end

describe("xml.parse", function()
  it("gives names, attributes, children and text", function()
    local root = xml.parse [[<?xml version="1.0"?><R xmlns="urn:x" a:b='1 &amp; 2'><A>x</A><A/><B>é&#x20AC;&lt;</B></R>]]
    assert.equal("R", root.name)
    assert.same({ xmlns = "urn:x", ["a:b"] = "1 & 2" }, root.attributes)
    assert.same({ "A", "A", "B" }, { root.children[1].name, root.children[2].name, root.children[3].name })
    assert.equal("x", root.children[1].text)
    assert.same({ name = "A", attributes = {}, children = {}, text = "" }, root.children[2])
    assert.equal("é€<", root.children[3].text)
  end)

  it("joins text that elements, comments and CDATA part", function()
    local root = xml.parse "<a>one<b/>two<!-- no -->three<![CDATA[<four>]]></a>"
    assert.equal("onetwothree<four>", root.text)
    assert.equal(1, #root.children)
  end)

  it("keeps white space as it is", function()
    assert.equal(" \n x ", xml.parse "<a> \n x </a>".text)
  end)

  it("joins very many pieces in linear time", function()
    local root = xml.parse("<a>" .. ("x<b/>"):rep(100000) .. "</a>")
    assert.equal(("x"):rep(100000), root.text)
    assert.equal(100000, #root.children)
  end)

  it("says where a text is no XML", function()
    local problem = refused("<a>\n  <b></a>", "INVALID_XML")
    assert.equal(2, problem.line)
    assert.is_true(problem.column > 1)
    assert.matches("line 2", tostring(problem))
    for _, text in ipairs { "", "x", "<a>", "<a/><b/>", "<a b=1/>", "<a>&x;</a>", "<a>\0</a>", "<a>\255</a>" } do
      refused(text, "INVALID_XML")
    end
  end)

  it("refuses document types, and with them entities of one's own", function()
    refused('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XML_DOCTYPE")
    refused('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "XML_DOCTYPE")
  end)

  it("takes 200 levels and refuses 201", function()
    local function nested(levels) return ("<a>"):rep(levels) .. ("</a>"):rep(levels) end
    assert.equal("a", xml.parse(nested(200)).children[1].name)
    refused(nested(201), "XML_TOO_DEEP")
  end)

  it("wants a string", function()
    assert.has_error(function() xml.parse() end)
  end)
end)

describe("xml.escape", function()
  it("gives what reads back as the same", function()
    for _, text in ipairs { "", "plain", "a<b>&\"'c", "é€😀\n\t\r" } do
      assert.equal(text, xml.parse("<a>" .. xml.escape(text) .. "</a>").text)
    end
    assert.equal([[x"'<>&]], xml.parse('<a b="' .. xml.escape [[x"'<>&]] .. '"/>').attributes.b)
  end)

  it("replaces what XML cannot hold", function()
    assert.equal("a\u{FFFD}b", xml.escape "a\0b")
  end)
end)
