# The two functions: `api` answers requests and takes the queue, `work` maintains and imports.

variable "api_memory_mb" {
  description = "Memory of the api function in MB; CPU grows with it, 1769 is one core."
  type        = number
  default     = 1024

  validation {
    condition     = var.api_memory_mb >= 256 && var.api_memory_mb <= 10240
    error_message = "api_memory_mb is 256 to 10240."
  }
}

variable "api_timeout_s" {
  description = "Time of one request in seconds; a query ends before it with an answer that says so."
  type        = number
  default     = 60

  validation {
    condition     = var.api_timeout_s >= 10 && var.api_timeout_s <= 900
    error_message = "api_timeout_s is 10 to 900."
  }
}

variable "api_reserved_concurrency" {
  description = "Upper bound of concurrent api environments, and with it of the bill; null for the account's."
  type        = number
  default     = null
}

variable "work_memory_mb" {
  description = "Memory of the work function in MB."
  type        = number
  default     = 2048

  validation {
    condition     = var.work_memory_mb >= 256 && var.work_memory_mb <= 10240
    error_message = "work_memory_mb is 256 to 10240."
  }
}

variable "work_timeout_s" {
  description = "Time of one run in seconds; a verb that does not end in it goes on at the next run."
  type        = number
  default     = 600

  validation {
    condition     = var.work_timeout_s >= 60 && var.work_timeout_s <= 900
    error_message = "work_timeout_s is 60 to 900."
  }
}

variable "work_reserved_concurrency" {
  description = "Upper bound of concurrent work environments; null for the account's. Verbs may run at once: a lost race costs work, never data."
  type        = number
  default     = null
}

variable "url_auth" {
  description = "Who may call the Function URL: AWS_IAM (signed requests), NONE (everyone), or off for no URL."
  type        = string
  default     = "AWS_IAM"

  validation {
    condition     = contains(["AWS_IAM", "NONE", "off"], var.url_auth)
    error_message = "url_auth is AWS_IAM, NONE or off."
  }
}

variable "url_streaming" {
  description = "Whether answers are streamed (up to 200 MB, no 6 MB limit) instead of buffered."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that the functions' logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653."
  }
}
