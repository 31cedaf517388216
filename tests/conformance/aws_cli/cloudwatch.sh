# shellcheck shell=sh
# Metrics, an alarm and one upon it, a dashboard.

check 'a metric is put' "$(refusal cloudwatch put-metric-data --namespace Cli --metric-name lag --value 3 --dimensions server=a)" ''
check 'and listed' "$(text 'Metrics[0].Dimensions[0].Value' cloudwatch list-metrics --namespace Cli)" a
# The world's clock runs faster than this machine's: its range is wide.
from=$(date -u -d '-30 days' +%Y-%m-%dT00:00:00Z)
until=$(date -u -d '+30 days' +%Y-%m-%dT00:00:00Z)
check 'it has statistics' "$(text 'Datapoints[0].Sum' cloudwatch get-metric-statistics --namespace Cli --metric-name lag \
    --dimensions Name=server,Value=a --start-time "$from" --end-time "$until" --period 86400 --statistics Sum)" 3.0
check 'and mathematics' "$(text 'MetricDataResults[0].Values[0]' cloudwatch get-metric-data --start-time "$from" --end-time "$until" \
    --metric-data-queries '[{"Id":"m","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"Cli","MetricName":"lag",
      "Dimensions":[{"Name":"server","Value":"a"}]},"Period":86400,"Stat":"Sum"}},{"Id":"e","Expression":"m * 2 + 1"}]')" 7.0
check 'AWS'"'"'s own namespace is refused' "$(refusal cloudwatch put-metric-data --namespace AWS/EC2 --metric-name x --value 1)" \
    '*(InvalidParameterValue)*'
check 'an alarm is set' "$(cli cloudwatch put-metric-alarm --alarm-name conformance-cli --namespace N --metric-name M \
    --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold \
    --treat-missing-data ignore 2>&1)" ''
check 'and one upon it' "$(refusal cloudwatch put-composite-alarm --alarm-name conformance-cli-any \
    --alarm-rule 'ALARM("conformance-cli") OR FALSE')" ''
cli cloudwatch set-alarm-state --alarm-name conformance-cli --state-value ALARM --state-reason 'the CLI says so'
check 'its state is told' "$(text 'MetricAlarms[0].[StateValue,StateReason]' cloudwatch describe-alarms --alarm-names conformance-cli)" \
    'ALARM?the CLI says so'
check 'the one upon it follows' "$(text 'CompositeAlarms[0].StateValue' cloudwatch describe-alarms --alarm-types CompositeAlarm \
    --alarm-names conformance-cli-any)" ALARM
check 'its history is told' "$(text 'AlarmHistoryItems[0].HistorySummary' cloudwatch describe-alarm-history \
    --alarm-name conformance-cli --history-item-type StateUpdate)" 'Alarm updated from * to ALARM'
check 'they go' "$(refusal cloudwatch delete-alarms --alarm-names conformance-cli-any conformance-cli)" ''
check 'a dashboard is kept' "$(cli cloudwatch put-dashboard --dashboard-name cli --dashboard-body '{"widgets":[]}' > /dev/null 2>&1
    text DashboardBody cloudwatch get-dashboard --dashboard-name cli)" '{"widgets":\[\]}'
check 'and goes' "$(cli cloudwatch delete-dashboards --dashboard-names cli 2>&1
    refusal cloudwatch get-dashboard --dashboard-name cli)" '*(ResourceNotFound)*'
check 'an operation that is not there is unknown' "$(refusal cloudwatch describe-insight-rules)" '*(InvalidAction)*'
