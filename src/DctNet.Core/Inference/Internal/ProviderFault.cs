using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace DctNet.Core.Inference;

/// <summary>Says in plain words why an execution provider did not start.</summary>
internal static partial class ProviderFault
{
    /// <summary>What a build without GPU natives says.</summary>
    public const string CpuNativesOnly = "this build carries CPU natives only; build with -p:OnnxRuntimeFlavor=Gpu";

    /// <summary>
    /// True for what ONNX Runtime throws when a provider is missing: the native entry point in a CPU build (device-id overloads), or its
    /// own exception ("not enabled in this build", "Failed to load library …", a CUDA error).
    /// </summary>
    public static bool IsProviderFault(Exception exception) =>
        exception is EntryPointNotFoundException or OnnxRuntimeException or DllNotFoundException;

    /// <summary>A clause without a full stop.</summary>
    public static string Describe(Exception exception)
    {
        if (exception is EntryPointNotFoundException
            || exception.Message.Contains("not enabled in this build", StringComparison.OrdinalIgnoreCase))
        {
            return CpuNativesOnly;
        }

        return MissingLibrary().Match(exception.Message) is { Success: true } match
            ? $"the library {match.Groups[1].Value} is missing"
            : exception.Message.Trim().TrimEnd('.');
    }

    // The loader's own words: "libcublasLt.so.13: cannot open shared object file: No such file or directory".
    [GeneratedRegex(@"([\w.+-]+\.so[\w.]*): cannot open shared object", RegexOptions.CultureInvariant)]
    private static partial Regex MissingLibrary();
}
