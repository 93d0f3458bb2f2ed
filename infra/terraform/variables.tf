# What to call things, and what to run.

variable "name" {
  description = "Prefix of the name of everything that this module makes; one per deployment and account."
  type        = string
  default     = "tidewell"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,29}$", var.name))
    error_message = "name takes 1 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "package_path" {
  description = "Zip file with the executable `bootstrap` at its root, built for `architecture`."
  type        = string

  validation {
    condition     = endswith(var.package_path, ".zip")
    error_message = "package_path must name a .zip file."
  }
}

variable "architecture" {
  description = "Instruction set of the package: arm64 (a fifth cheaper) or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "environment" {
  description = "More TIDEWELL_* settings (and RUST_LOG) for both functions; they win over what this module sets."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : startswith(name, "TIDEWELL_") || name == "RUST_LOG"])
    error_message = "environment takes TIDEWELL_* variables and RUST_LOG."
  }

  validation {
    condition     = contains(["object", "quorum"], lookup(var.environment, "TIDEWELL_WAL_MODE", "object"))
    error_message = "TIDEWELL_WAL_MODE must be object or quorum: a function has no disk that outlives it."
  }
}

variable "tags" {
  description = "Tags for everything that takes tags."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary for the roles; null for none."
  type        = string
  default     = null
}
