using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace DctNet.C2pa.Tests.Interop;

/// <summary>The other implementations of C2PA in <c>tests/tools</c>. Where they are not installed a test is skipped, or fails with DCTNET_REQUIRE_TOOLS=1.</summary>
internal static class Peer
{
    /// <summary>Ends what hangs; what is only slow, as on a busy machine, is let be.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private static readonly Lazy<bool> s_installed = new(() =>
        Run("node", "import('@contentauth/c2pa-node').then(() => import('@contentauth/c2pa-wasm')).then(() => import('@trustnxt/c2pa-ts'))", "-e").Code == 0);

    private static string Tools => Path.Combine(TestFiles.Root, "tests", "tools");

    public static void Require() =>
        Require(s_installed.Value, "Node.js, and @contentauth/c2pa-node, @contentauth/c2pa-wasm and @trustnxt/c2pa-ts of tests/tools (install.sh)");

    /// <summary>Skips the test, or fails it where tools are required.</summary>
    public static void Require(bool installed, string what)
    {
        if (!installed)
        {
            Assert.False(Environment.GetEnvironmentVariable("DCTNET_REQUIRE_TOOLS") == "1", $"{what} must be installed.");
            Assert.Skip($"{what} not installed.");
        }
    }

    /// <summary>Asks them; the answers come in the order of the requests.</summary>
    public static JsonObject[] Ask(IEnumerable<JsonObject> requests, string trustPem, string timeStampTrustPem = "")
    {
        var input = new JsonObject
        {
            ["trust"] = trustPem,
            ["timeStampTrust"] = timeStampTrustPem,
            ["requests"] = new JsonArray([.. requests]),
        };
        var (code, output, errors) = Run("node", input.ToJsonString(), "c2pa-peer.mjs");
        Assert.True(code == 0, errors);
        return [.. JsonNode.Parse(output)!.AsArray().Select(answer => answer!.AsObject())];
    }

    /// <summary>A request to read a file.</summary>
    public static JsonObject Read(string reader, string file, string mimeType) =>
        new() { ["op"] = "read", ["reader"] = reader, ["file"] = file, ["mimeType"] = mimeType };

    /// <summary>The state in an answer to it.</summary>
    public static string State(JsonObject answer) => answer["state"]!.GetValue<string>();

    /// <summary>Runs a program to its end, which must come soon.</summary>
    public static (int Code, string Output, string Errors) Run(string program, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments[^1] == "-e" ? ["-e", input] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Tools,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(arguments[^1] == "-e" ? "" : input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read all: its exit code tells.
            }

            if (!process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"{program} did not end within {s_patience.TotalSeconds} s.");
            }

            return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            return (-1, "", $"{program} is not installed.");
        }
    }
}
