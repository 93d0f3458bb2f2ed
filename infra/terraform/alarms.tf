# What should wake someone: failed invocations, refused ones, slow ones, and events that were given up.

locals {
  alarmed = var.alarms_enabled ? local.functions : {}
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each            = local.alarmed
  alarm_name          = "${var.name}-${each.key}-errors"
  alarm_description   = "Invocations of ${var.name}-${each.key} failed in two of three periods of five minutes."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching" # Idle is healthy.
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each            = local.alarmed
  alarm_name          = "${var.name}-${each.key}-throttles"
  alarm_description   = "Invocations of ${var.name}-${each.key} were refused: raise its reserved concurrency or the account's."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

# Maintenance stops by itself 10 s before its time is over, so for `work` this says that a verb never gets through.
resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each            = local.alarmed
  alarm_name          = "${var.name}-${each.key}-duration"
  alarm_description   = "The slowest invocations of ${var.name}-${each.key} take over 80 % of their time."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  extended_statistic  = "p99"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.timeout_s * 800 # Milliseconds.
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  count               = var.alarms_enabled ? 1 : 0
  alarm_name          = "${var.name}-dead"
  alarm_description   = "Events or messages were given up; they wait in ${var.name}-dead for 14 days."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}
