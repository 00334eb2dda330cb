using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.Core.Inference;

/// <summary>The process-wide start-up of ONNX Runtime: no telemetry, errors only on stderr.</summary>
internal static partial class OnnxRuntimeEnvironment
{
    private const string TelemetrySwitch = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<OrtEnv> s_environment = new(Create);

    /// <summary>Creates the environment on first use; every session is made after this call.</summary>
    public static OrtEnv Ensure() => s_environment.Value;

    /// <summary>
    /// Turns ONNX Runtime's uploader off. It is on by default and asks the C environment when the native library loads, so this runs as
    /// soon as anything of this assembly does. <see cref="Environment.SetEnvironmentVariable(string, string)"/> would not reach it on
    /// Unix: .NET keeps a copy of its own there.
    /// </summary>
#pragma warning disable CA2255 // A library should not run code on load; but this may not be forgotten: the pictures are people's portraits.
    [ModuleInitializer]
    internal static void DisableTelemetry()
#pragma warning restore CA2255
    {
        Environment.SetEnvironmentVariable(TelemetrySwitch, "1");
        if (!OperatingSystem.IsWindows() && SetEnv(TelemetrySwitch, "1", 1) != 0)
        {
            throw new InvalidOperationException($"setenv({TelemetrySwitch}) failed, so ONNX Runtime's telemetry could not be turned off.");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    private static OrtEnv Create()
    {
        // Warnings tell of initializers that constant folding removed, once a network: noise for an operator.
        var options = new EnvironmentCreationOptions { logId = "dctnet", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        var environment = OrtEnv.IsCreated ? OrtEnv.Instance() : OrtEnv.CreateInstanceWithOptions(ref options);
        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;

        // One arena for all sessions that want it: a run's memory serves the next run of any network.
        using var memory = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
        using var defaults = new OrtArenaCfg(0, -1, -1, -1);
        environment.CreateAndRegisterAllocator(memory, defaults);
        return environment;
    }
}
