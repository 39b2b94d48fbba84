"""The public names of `raw_runtime`, and those that texts about RAW show although they do not exist."""

from __future__ import annotations

from checks.raw.words import words

INVENTED = frozenset(("DryRunContext", "is_dry_run", "dry_run", "DryRun", "mock_step", "llm", "LLM"))
"""Names that are shown or guessed and that no version of RAW has."""

USUAL = (
    "BaseWorkflow, step, retry, cache_step, cache, conditional, WorkflowContext, wait_for_approval, wait_for_webhook"
)
"""What a workflow needs, for hints."""

KNOWN = words(
    """
    AgenticStepError ApprovalHandler ApprovalReceivedEvent ApprovalRegistry ApprovalRequestedEvent
    ApprovalTimeoutEvent Artifact ArtifactCreatedEvent AsyncEventBus AutoApprovalHandler BaseEvent BaseWorkflow
    CacheHitEvent CacheMissEvent CachingSecretProvider ChainedSecretProvider CompositeSink ConsoleApprovalHandler
    ConsoleEventHandler ConsoleSink CostLimitExceededError DotEnvSecretProvider EnvVarSecretProvider
    EnvironmentInfo Event EventBus EventSeverity EventType FileSystemStorage HttpOrchestrator JournalEventHandler
    JournalReader JournalWriter JsonFileSink ListLogger LocalEventBus LocalJournalWriter LocalManifestWriter
    LocalOrchestrator LogsInfo Manifest ManifestBuilder ManifestReducer ManifestWriter MemorySink MemoryStorage
    NullEventBus NullLogger NullSink Orchestrator OrchestratorRunInfo OrchestratorRunStatus ProvenanceInfo
    ReconciliationResult ResponseParsingError RichConsoleLogger RunInfo RunStatus SecretProvider ServerConnection
    StepCompletedEvent StepFailedEvent StepResult StepRetryEvent StepSkippedEvent StepStartedEvent StepStatus
    StorageBackend TelemetrySink Tool ToolEvent ToolEventType ToolMetadata ToolRegistry ToolResult TriggerEvent
    WorkflowCompletedEvent WorkflowContext WorkflowFailedEvent WorkflowInfo WorkflowLogger WorkflowProvenanceEvent
    WorkflowStartedEvent WorkflowTriggeredEvent agentic cache cache_step capture_provenance clear_trigger_registry
    conditional ensure_env_loaded get_approval_handler get_approval_registry get_available_llm_providers
    get_available_providers get_config_snapshot get_connection get_environment_info get_git_info get_logger
    get_manifest_writer get_orchestrator get_preferred_llm_provider get_secret get_secret_provider get_storage
    get_telemetry_sink get_tool get_tool_registry get_tool_versions get_workflow_context get_workflow_hash
    get_workflows_for_event init_connection list_trigger_types load_dotenv log_event log_metric on_event raw_step
    reconcile_run register_builtin_tools register_tool require_provider require_secret retry scan_and_reconcile
    set_approval_handler set_approval_registry set_connection set_logger set_manifest_writer set_orchestrator
    set_secret_provider set_storage set_telemetry_sink set_tool_registry set_workflow_context step tool
    wait_for_approval wait_for_approval_async wait_for_webhook agentic_cache agentic_cost agentic_parser approval
    base bus capabilities capability connection container context decorators drivers entrypoint env events
    handlers index journal manifest models orchestrator protocols provenance reconcile reducer resume secrets
    storage telemetry tools triggers
    """
)
"""What `from raw_runtime import` finds: its public names and its modules."""

WORKFLOW_ATTRIBUTES = words(
    """
    params context results_dir run_dir log_file run save log main _logger _results_dir _log_file _log_to_file
    _get_params_class
    """
)
"""What an instance of BaseWorkflow has."""
