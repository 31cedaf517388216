# shellcheck shell=sh
# A topic, who listens to it, what goes out.

topic=$(text TopicArn sns create-topic --name conformance-cli --tags Key=by,Value=cli)
check 'a topic is made' "$topic" 'arn:aws:sns:us-east-1:123456789012:conformance-cli'
check 'it is tagged' "$(text 'Tags[0].Value' sns list-tags-for-resource --resource-arn "$topic")" cli
subscription=$(text SubscriptionArn sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint \
    arn:aws:sqs:us-east-1:123456789012:cli --attributes '{"FilterPolicy":"{\"tier\":[\"web\"]}"}')
check 'a queue listens' "$subscription" "$topic:*-*-*-*-*"
check 'with a filter' "$(text Attributes.FilterPolicy sns get-subscription-attributes --subscription-arn "$subscription")" '{"tier":\["web"\]}'
check 'an unsound filter is refused' "$(refusal sns set-subscription-attributes --subscription-arn "$subscription" \
    --attribute-name FilterPolicy --attribute-value '{"tier":[{"numeric":["<","x"]}]}')" \
    '*(InvalidParameter)*Value of < must be numeric*'
check 'mail waits for its confirmation' "$(text SubscriptionArn sns subscribe --topic-arn "$topic" --protocol email \
    --notification-endpoint someone@example.com)" 'pending confirmation'
check 'a message is published' "$(text MessageId sns publish --topic-arn "$topic" --message hello \
    --message-attributes '{"tier":{"DataType":"String","StringValue":"web"}}')" '????????-????-4*'
check 'a batch tells what failed' "$(text '[Successful[].Id,Failed[].Id]' sns publish-batch --topic-arn "$topic" \
    --publish-batch-request-entries Id=a,Message=1 'Id=b,Message=' | tr '\n' ' ')" 'a b '
check 'a partner may publish' "$(cli sns add-permission --topic-arn "$topic" --label partner --aws-account-id 210987654321 \
    --action-name Publish 2>&1; text Attributes.Policy sns get-topic-attributes --topic-arn "$topic")" '*"Sid":"partner"*'
check 'subscriptions are listed' "$(text 'length(Subscriptions)' sns list-subscriptions-by-topic --topic-arn "$topic")" 2
check 'the topic goes' "$(cli sns delete-topic --topic-arn "$topic" 2>&1
    refusal sns publish --topic-arn "$topic" --message hello)" '*(NotFound)*Topic does not exist*'
