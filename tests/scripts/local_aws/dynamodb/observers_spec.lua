-- Contributor Insights and Kinesis destinations of tables.

local support = require "tests.support.dynamodb_table"

local STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"

describe("DynamoDB", function()
  local client
  before_each(function() client = support.open() end)

  it("switches Contributor Insights on and off, for a table and an index each", function()
    local function status(index)
      return client.DescribeContributorInsights({ TableName = "things", IndexName = index }).ContributorInsightsStatus
    end
    local function update(action, index)
      return client.UpdateContributorInsights({ TableName = "things", IndexName = index, ContributorInsightsAction = action })
        .ContributorInsightsStatus
    end
    assert.are.equal("DISABLED", status())
    assert.are.equal("ENABLING", update "ENABLE")
    assert.are.equal("ENABLING", update("ENABLE", "g-all"))
    assert.are.same({ "ENABLED", "ENABLED", "DISABLED" }, { status(), status "g-all", status "g-keys" })
    assert.are.equal(2, #client.ListContributorInsights({}).ContributorInsightsSummaries)
    assert.are.equal("DISABLING", update "DISABLE")
    assert.are.same({ "DISABLED", "ENABLED" }, { status(), status "g-all" })
    assert.are.equal("ResourceNotFoundException", client.fails("UpdateContributorInsights",
      { TableName = "things", IndexName = "none", ContributorInsightsAction = "ENABLE" }).code)
  end)

  it("keeps a table's Kinesis destinations", function()
    local request = { TableName = "things", StreamArn = STREAM }
    assert.are.equal("ENABLING", client.EnableKinesisStreamingDestination(request).DestinationStatus)
    local function destination()
      return client.DescribeKinesisStreamingDestination({ TableName = "things" }).KinesisDataStreamDestinations[1]
    end
    assert.are.same({ StreamArn = STREAM, DestinationStatus = "ACTIVE", ApproximateCreationDateTimePrecision = "MILLISECOND" },
      destination())
    assert.are.equal("ValidationException", client.fails("EnableKinesisStreamingDestination", request).code)
    client.UpdateKinesisStreamingDestination { TableName = "things", StreamArn = STREAM,
      UpdateKinesisStreamingConfiguration = { ApproximateCreationDateTimePrecision = "MICROSECOND" } }
    assert.are.equal("MICROSECOND", destination().ApproximateCreationDateTimePrecision)
    assert.are.equal("DISABLING", client.DisableKinesisStreamingDestination(request).DestinationStatus)
    assert.are.equal("DISABLED", destination().DestinationStatus)
    assert.are.equal("ValidationException", client.fails("DisableKinesisStreamingDestination", request).code)
  end)
end)
