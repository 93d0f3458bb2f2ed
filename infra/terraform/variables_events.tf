# What starts the functions beside requests, and what happens when that fails.

variable "schedules" {
  description = "Maintenance by name: when (a rate or cron expression in UTC), which verbs in their order, and optionally for one database."
  type = map(object({
    expression = string
    verbs      = list(string)
    db         = optional(string)
    enabled    = optional(bool, true)
  }))

  # A fold of an empty log costs a listing a database; the rest makes no request where nothing has changed.
  default = {
    fold    = { expression = "rate(5 minutes)", verbs = ["fold"] }
    rollup  = { expression = "rate(15 minutes)", verbs = ["rollup"] }
    compact = { expression = "rate(1 hour)", verbs = ["compact"] }
    tier    = { expression = "cron(17 2 * * ? *)", verbs = ["tier"] }
    expire  = { expression = "cron(37 2 * * ? *)", verbs = ["expire"] }
    gc      = { expression = "rate(6 hours)", verbs = ["gc"] }
  }

  validation {
    condition = alltrue(flatten([
      for schedule in values(var.schedules) : [
        for verb in schedule.verbs : contains(["fold", "rollup", "compact", "tier", "expire", "gc"], verb)
      ]
    ]))
    error_message = "verbs are fold, rollup, compact, tier, expire and gc."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : length(schedule.verbs) > 0])
    error_message = "Each schedule names at least one verb."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(rate|cron|at)\\(.+\\)$", schedule.expression))])
    error_message = "expression is rate(…), cron(…) or at(…)."
  }
}

variable "queue_enabled" {
  description = "Whether to make an SQS queue whose messages are line protocol."
  type        = bool
  default     = false
}

variable "queue_db" {
  description = "Database of messages that do not name one in their attribute `db`."
  type        = string
  default     = "default"
}

variable "queue_batch_size" {
  description = "Messages that one invocation takes at most; they share one log object."
  type        = number
  default     = 100

  validation {
    condition     = var.queue_batch_size >= 1 && var.queue_batch_size <= 10000
    error_message = "queue_batch_size is 1 to 10000."
  }
}

variable "queue_window_s" {
  description = "Seconds that a batch waits to fill: longer costs fewer requests and delays rows."
  type        = number
  default     = 5

  validation {
    condition     = var.queue_window_s >= 0 && var.queue_window_s <= 300 && (var.queue_batch_size <= 10 || var.queue_window_s >= 1)
    error_message = "queue_window_s is 0 to 300, and at least 1 with a queue_batch_size over 10."
  }
}

variable "queue_concurrency_max" {
  description = "Invocations that the queue may cause at once, 2 to 1000."
  type        = number
  default     = 10

  validation {
    condition     = var.queue_concurrency_max >= 2 && var.queue_concurrency_max <= 1000
    error_message = "queue_concurrency_max is 2 to 1000."
  }
}

variable "queue_receives_max" {
  description = "Deliveries of one message before it goes to the dead-letter queue."
  type        = number
  default     = 5

  validation {
    condition     = var.queue_receives_max >= 2 && var.queue_receives_max <= 1000
    error_message = "queue_receives_max is 2 to 1000: one delivery may be lost to a throttle alone."
  }
}

variable "alarms_enabled" {
  description = "Whether to make CloudWatch alarms."
  type        = bool
  default     = true
}

variable "alarm_actions" {
  description = "ARNs (SNS topics and the like) that hear of alarms and of their end."
  type        = list(string)
  default     = []
}
