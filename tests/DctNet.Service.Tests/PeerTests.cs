using System.Diagnostics;
using DctNet.V1;

namespace DctNet.Service.Tests;

/// <summary>Clients that are not ours: the samples of the README, run as they stand there.</summary>
[Collection(SharedServerGroup.Name)]
public sealed class PeerTests(SharedServer shared) : IDisposable
{
    private readonly TestServer _server = shared.Server;
    private readonly DirectoryInfo _out = Directory.CreateTempSubdirectory("dctnet-peer-");

    public void Dispose() => _out.Delete(recursive: true);

    [Fact]
    public async Task Python_streams_a_portrait_in_and_a_cartoon_out()
    {
        // Debian's interpreter: the one that python3-grpcio is installed for.
        const string Python = "/usr/bin/python3";
        await RequireAsync("python3-grpcio", Python, "-c", "import grpc, google.protobuf");
        await RequireAsync("protobuf-compiler with libprotobuf-dev", "protoc", "--version");
        string[] protos = [.. Directory.EnumerateFiles(Path.Combine(TestEnvironment.Root, "protos"), "*.proto", SearchOption.AllDirectories)];
        await RunAsync(
            "protoc",
            [
                "-I", Path.Combine(TestEnvironment.Root, "protos"), "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                $"--python_out={_out.FullName}", $"--grpc_python_out={_out.FullName}", .. protos,
            ]);

        await CartoonizeAsync(Python, "samples/clients/cartoonize.py");
    }

    [Fact]
    public async Task Node_streams_a_portrait_in_and_a_cartoon_out()
    {
        await RequireAsync("node, and the packages of tests/tools (npm ci)", "node", "-e", "require('@grpc/grpc-js'); require('@grpc/proto-loader')");

        await CartoonizeAsync("node", Path.Combine(TestEnvironment.Root, "samples/clients/cartoonize.mjs"));
    }

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    [InlineData(ImageFormat.Avif)]
    public async Task Exiftool_and_exiv2_read_a_signed_result_without_a_warning(ImageFormat format)
    {
        await RequireAsync("exiftool (Debian: libimage-exiftool-perl)", "exiftool", "-ver");
        await RequireAsync("exiv2", "exiv2", "--version");
        var (_, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128, Format = format });
        var path = Path.Combine(_out.FullName, "result");
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);

        var validation = await RunAsync("exiftool", ["-validate", "-warning", "-error", "-a", "-s3", path]);
        var properties = await RunAsync("exiv2", ["-px", path]);

        Assert.Equal("OK", validation.Trim());
        Assert.Contains("trainedAlgorithmicMedia", properties, StringComparison.Ordinal);
        Assert.DoesNotContain("Warning", properties, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_validator_of_OpenAPI_accepts_the_document_that_is_served()
    {
        const string Validate = """
            import { Validator } from '@seriousme/openapi-schema-validator';
            import fs from 'node:fs';
            const validator = new Validator();
            const result = await validator.validate(JSON.parse(fs.readFileSync(process.argv[1], 'utf8')));
            console.log(validator.version, JSON.stringify(result));
            """;
        await RequireAsync("node, and the packages of tests/tools (npm ci)", "node", "-e", "import('@seriousme/openapi-schema-validator')");
        using var http = new HttpClient { BaseAddress = _server.Http };
        var path = Path.Combine(_out.FullName, "openapi.json");
        await File.WriteAllBytesAsync(
            path, await http.GetByteArrayAsync("openapi/soft-binding.json", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

        Assert.Equal("3.1 {\"valid\":true}", (await RunAsync("node", ["--input-type=module", "-e", Validate, path])).Trim());
    }

    private static string ToolsDirectory => Path.Combine(TestEnvironment.Root, "tests", "tools");

    private async Task CartoonizeAsync(string interpreter, string script)
    {
        var result = Path.Combine(_out.FullName, "cartoon.png");

        var output = await RunAsync(interpreter, [script, _server.Grpc.Authority, TestEnvironment.SamplePath, result]);

        var verified = await _server.VerifyAsync(await File.ReadAllBytesAsync(result, TestContext.Current.CancellationToken));
        Assert.Equal(Verdict.Verified, verified.Verdict);
        Assert.Contains(verified.Watermark.Id, output, StringComparison.Ordinal);
    }

    private async Task RequireAsync(string what, string file, params string[] arguments)
    {
        int code;
        try
        {
            (code, _) = await StartAsync(file, arguments);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            code = -1;
        }

        if (code != 0)
        {
            Assert.False(TestEnvironment.RequiresTools, $"{what} must be installed.");
            Assert.Skip($"{what} is not installed.");
        }
    }

    private async Task<string> RunAsync(string file, string[] arguments)
    {
        var (code, output) = await StartAsync(file, arguments);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<(int Code, string Output)> StartAsync(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = file == "node" ? ToolsDirectory : TestEnvironment.Root,
            Environment = { ["PYTHONPATH"] = _out.FullName },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
