# shellcheck shell=sh
# A bus, a rule with a target, an archive and its replay.

bus=$(text EventBusArn events create-event-bus --name cli)
check 'a bus is made' "$bus" 'arn:aws:events:us-east-1:123456789012:event-bus/cli'
check 'a rule is put' "$(text RuleArn events put-rule --name cli --event-bus-name cli --event-pattern '{"source":["cli"]}' \
    --tags Key=by,Value=cli)" 'arn:aws:events:us-east-1:123456789012:rule/cli/cli'
check 'and tagged' "$(text 'Tags[0].Value' events list-tags-for-resource \
    --resource-arn arn:aws:events:us-east-1:123456789012:rule/cli/cli)" cli
topic=$(text TopicArn sns create-topic --name cli-events)
check 'a target is put' "$(text FailedEntryCount events put-targets --rule cli --event-bus-name cli --targets \
    '[{"Id":"t","Arn":"'"$topic"'","InputTransformer":{"InputPathsMap":{"w":"$.detail.wave"},"InputTemplate":"\"wave <w>\""}}]')" 0
check 'an archive keeps what comes' "$(text State events create-archive --archive-name cli --event-source-arn "$bus")" ENABLED
check 'an event is put' "$(text 'FailedEntryCount' events put-events \
    --entries '[{"EventBusName":"cli","Source":"cli","DetailType":"x","Detail":"{\"wave\":1}"}]')" 0
check 'and kept' "$(text EventCount events describe-archive --archive-name cli)" 1
check 'it is played again' "$(text State events start-replay --replay-name cli --destination "Arn=$bus" \
    --event-source-arn arn:aws:events:us-east-1:123456789012:archive/cli --event-start-time 2026-01-01T00:00:00Z \
    --event-end-time 2036-01-01T00:00:00Z)" STARTING
check 'to its end' "$(follow COMPLETED State events describe-replay --replay-name cli)" COMPLETED
check 'an entry of AWS'"'"'s own source is refused' "$(text 'Entries[0].ErrorCode' events put-events \
    --entries '[{"Source":"aws.drs","DetailType":"x","Detail":"{}"}]')" NotAuthorizedForSourceException
check 'a rule with targets is not deleted' "$(refusal events delete-rule --name cli --event-bus-name cli)" \
    "*(ValidationException)*Rule can't be deleted since it has targets.*"
check 'an unsound pattern is refused' "$(refusal events put-rule --name bad --event-pattern '{"source":"x"}')" \
    '*(InvalidEventPatternException)*Event pattern is not valid*'
check 'all of it goes' "$(cli events remove-targets --rule cli --event-bus-name cli --ids t > /dev/null 2>&1
    cli events delete-rule --name cli --event-bus-name cli 2>&1
    cli events delete-archive --archive-name cli 2>&1
    cli events delete-event-bus --name cli 2>&1
    refusal events describe-event-bus --name cli)" '*(ResourceNotFoundException)*Event bus cli does not exist*'
check 'an operation that is not there is unknown' "$(refusal events list-connections)" '*(UnknownOperationException)*'
