-- Documents: AWS's own and the caller's. A caller's document is JSON; YAML is refused, so that nothing is half understood.

local built_in = require "local_aws.ssm.built_in_documents"
local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.ssm.paging"
local time = require "time"

local documents = {}

documents.schema = [[
CREATE TABLE IF NOT EXISTS ssm_documents (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
  created_us INTEGER NOT NULL, is_default INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (account, region, name, version)
) WITHOUT ROWID;
]]

-- AWS's own documents were made when the world was.
local LONG_AGO = 1451606400000000

local function own(name)
  local content = built_in[name]
  return content and {
    name = name, version = 1, type = content.type, created_us = LONG_AGO, is_default = 1, content = content, owner = "Amazon",
  }
end

local function bare(name)
  return name:match("^arn:aws[%w-]*:ssm:[^:]*:%d*:[%w-]+/(.+)$") or name
end

-- A document: {name=, version=, type=, content= decoded, owner=}; nil when there is none. version: nil, "$DEFAULT", "$LATEST",
-- or a number as text. The second result says that only the version is missing.
function documents.find(call, name, version)
  name = bare(name)
  if built_in[name] then
    local is_there = version == nil or version == "1" or version:find("^%$")
    return is_there and own(name) or nil, not is_there
  end
  local rows = call.world.db:all("SELECT * FROM ssm_documents WHERE account = ? AND region = ? AND name = ? ORDER BY version",
    call.account, call.region, name)
  for index = #rows, 1, -1 do
    local row = rows[index]
    if version == "$LATEST" or version == tostring(row.version) or (not version or version == "$DEFAULT")
      and row.is_default == 1
    then
      row.content, row.owner = json.decode(row.content), call.account
      return row
    end
  end
  return nil, rows[1] ~= nil
end

local function get(call, version)
  local document, only_version = documents.find(call, call.input.Name, version)
  if not document and only_version then
    fault.raise("InvalidDocumentVersion", "The document version is not valid or does not exist.")
  end
  return document or fault.raise("InvalidDocument", ("Document with name %s does not exist."):format(call.input.Name))
end

local function content_text(document)
  local content = document.content
  return json.encode_pretty {
    schemaVersion = content.schemaVersion, description = content.description, assumeRole = content.assumeRole,
    parameters = content.parameters and next(content.parameters) and content.parameters or nil,
    mainSteps = content.mainSteps and json.array(content.mainSteps) or json.array {
      { name = "run", action = content.plugin, inputs = { runCommand = "{{ commands }}" } },
    },
  }
end

-- A document may say null where it says nothing.
local function text_of(value)
  return type(value) == "string" and value or nil
end

local function describe(call, document)
  local list, content = json.array {}, document.content
  for name, parameter in pairs(content.parameters or {}) do
    local default = parameter.default
    if default == json.null then
      default = nil
    end
    list[#list + 1] = {
      Name = name, Type = parameter.type == "StringList" and "StringList" or "String",
      Description = text_of(parameter.description),
      DefaultValue = default ~= nil and (type(default) == "string" and default or json.encode(default)) or nil,
    }
  end
  table.sort(list, function(a, b)
    return a.Name < b.Name
  end)
  local newest = documents.find(call, document.name, "$LATEST")
  local default = documents.find(call, document.name)
  return {
    Name = document.name, Owner = document.owner, CreatedDate = document.created_us // 1000 / 1000, Status = "Active",
    DocumentVersion = tostring(document.version), Parameters = list,
    Description = text_of(content.description),
    PlatformTypes = json.array { "Windows", "Linux", "MacOS" }, DocumentType = document.type,
    SchemaVersion = content.schemaVersion, LatestVersion = tostring(newest.version), DefaultVersion = tostring(default.version),
    DocumentFormat = "JSON", Hash = crypto.hex(crypto.sha256(content_text(document))), HashType = "Sha256",
    Tags = json.array {},
  }
end

local function parse(text)
  local ok, content = pcall(json.decode, text)
  if not ok or type(content) ~= "table" or type(content.schemaVersion) ~= "string" then
    fault.raise("InvalidDocumentContent", ok and "The schemaVersion is missing."
      or "JSON not well-formed at line 1; the local AWS reads documents in JSON only.")
  end
  for index, step in ipairs(content.mainSteps or {}) do
    if type(step.name) ~= "string" or type(step.action) ~= "string" then
      fault.raise("InvalidDocumentContent", ("mainSteps[%d] needs a name and an action."):format(index - 1))
    end
  end
  if not json.is_array(content.mainSteps or false) or not content.mainSteps[1] then
    fault.raise("InvalidDocumentContent", "The document has no mainSteps.")
  end
  return content
end

local function insert(call, name, version, kind)
  parse(call.input.Content)
  call.world.db:run([[INSERT INTO ssm_documents (account, region, name, version, type, created_us, is_default, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, name, version, kind, time.now_us(), version == 1 and 1 or 0,
    call.input.Content)
  return describe(call, documents.find(call, name, "$LATEST"))
end

-- The versions of a document as a list shows them, the newest first.
function documents.versions(call, name)
  local newest = documents.find(call, name, "$LATEST")
    or fault.raise("InvalidDocument", ("Document with name %s does not exist."):format(name))
  local list = json.array {}
  for number = newest.version, 1, -1 do
    local document = documents.find(call, name, tostring(number))
    if document then
      list[#list + 1] = {
        Name = document.name, DocumentVersion = tostring(number), CreatedDate = document.created_us // 1000 / 1000,
        IsDefaultVersion = document.is_default == 1, DocumentFormat = "JSON", Status = "Active",
      }
    end
  end
  return list
end

local operations = {}

function operations.CreateDocument(call)
  local name = call.input.Name
  if documents.find(call, name) then
    fault.raise("DocumentAlreadyExists", ("Document with name %s already exists. Please specify a different document name, or "
      .. "delete the existing document."):format(name))
  elseif name:lower():find("^aws") or name:lower():find("^amazon") then
    fault.raise("ValidationException", "Document names may not begin with aws, amazon, or amzn.")
  elseif call.input.DocumentFormat and call.input.DocumentFormat ~= "JSON" then
    fault.raise("InvalidDocumentContent", "The local AWS reads documents in JSON only.")
  end
  return { DocumentDescription = insert(call, name, 1, call.input.DocumentType or "Command") }
end

function operations.UpdateDocument(call)
  local newest = get(call, "$LATEST")
  return { DocumentDescription = insert(call, newest.name, newest.version + 1, newest.type) }
end

function operations.UpdateDocumentDefaultVersion(call)
  local document = get(call, call.input.DocumentVersion)
  call.world.db:run("UPDATE ssm_documents SET is_default = (version = ?) WHERE account = ? AND region = ? AND name = ?",
    document.version, call.account, call.region, document.name)
  return { Description = { Name = document.name, DefaultVersion = tostring(document.version) } }
end

function operations.DeleteDocument(call)
  local document = get(call)
  if document.owner == "Amazon" then
    fault.raise("InvalidDocument", "You cannot delete a document that Amazon owns.")
  end
  call.world.db:run("DELETE FROM ssm_documents WHERE account = ? AND region = ? AND name = ?", call.account, call.region,
    document.name)
end

function operations.DescribeDocument(call)
  return { Document = describe(call, get(call, call.input.DocumentVersion)) }
end

function operations.GetDocument(call)
  local document = get(call, call.input.DocumentVersion)
  return {
    Name = document.name, CreatedDate = document.created_us // 1000 / 1000, DocumentVersion = tostring(document.version),
    Status = "Active", Content = content_text(document), DocumentType = document.type, DocumentFormat = "JSON",
  }
end

local function listed_names(call)
  local list = {}
  for name in pairs(built_in) do
    list[#list + 1] = name
  end
  for row in call.world.db:rows("SELECT DISTINCT name FROM ssm_documents WHERE account = ? AND region = ?", call.account,
    call.region) do
    list[#list + 1] = row.name
  end
  table.sort(list)
  return list
end

-- Key -> does the document fit one value?
local FILTERS = {
  Name = function(document, value) return document.name:sub(1, #value) == value end,
  DocumentType = function(document, value) return document.type == value end,
  Owner = function(document, value)
    return value == "All" or document.owner == value or value == "Self" and document.owner ~= "Amazon"
      or value == "ThirdParty" and false
  end,
}

function operations.ListDocuments(call)
  local found = {}
  for _, name in ipairs(listed_names(call)) do
    local document = documents.find(call, name)
    local fits = true
    for _, filter in ipairs(call.input.Filters or {}) do
      local test = FILTERS[filter.Key] or fault.raise("InvalidFilterKey", "The specified key isn't valid.")
      fits = fits and test(document, filter.Values[1])
    end
    if fits then
      found[#found + 1] = {
        Name = name, Owner = document.owner, DocumentVersion = tostring(document.version), DocumentType = document.type,
        SchemaVersion = document.content.schemaVersion, DocumentFormat = "JSON",
        CreatedDate = document.created_us // 1000 / 1000,
        PlatformTypes = json.array { "Windows", "Linux", "MacOS" }, Tags = json.array {},
      }
    end
  end
  local items, token = paging.cut(found, call.input, 50)
  return { DocumentIdentifiers = items, NextToken = token }
end

documents.operations = operations

return documents
