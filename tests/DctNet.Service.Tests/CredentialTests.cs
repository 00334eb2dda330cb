using System.Collections.Concurrent;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;
using DctNet.Core;
using DctNet.Core.Provenance;
using DctNet.Service.Composition;
using DctNet.Service.Options;
using DctNet.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ImageFormat = DctNet.V1.ImageFormat;

namespace DctNet.Service.Tests;

/// <summary>The content credential in every result, and what Verify makes of it.</summary>
[Collection(SharedServerGroup.Name)]
public sealed class CredentialTests(SharedServer shared) : IDisposable
{
    private readonly TestServer _server = shared.Server;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("dctnet-credentials-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Webp)]
    [InlineData(ImageFormat.Avif)]
    public async Task A_result_is_trusted_and_says_what_its_label_and_mark_say(ImageFormat format)
    {
        var (header, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256, Format = format });

        var verified = await _server.VerifyAsync(file);

        Assert.Equal((Verdict.Verified, C2paState.Trusted), (verified.Verdict, verified.C2Pa.State));
        Assert.True(verified.C2Pa.Development);
        Assert.Equal("DctNet.Grpc", verified.C2Pa.Signer);
        Assert.StartsWith(
            "A content credential that is trusted here alone, signed by DctNet.Grpc with a certificate for development only, says that the picture is AI-generated",
            verified.Summary,
            StringComparison.Ordinal);
        var manifest = new ManifestVerifier(TrustList.Empty).Verify(file).Manifest!;
        Assert.Equal([header.DigitalSourceType], manifest.DigitalSourceTypes);
        var binding = Assert.Single(manifest.SoftBindings);
        Assert.Equal((CredentialIssuer.WatermarkAlgorithm, header.Watermark.Id), (binding.Algorithm, Convert.ToHexStringLower(binding.Value.Span)));
        Assert.Equal([null], manifest.Ingredients);
    }

    [Fact]
    public async Task A_changed_result_is_invalid_and_its_mark_still_speaks()
    {
        var (_, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { Format = ImageFormat.Jpeg });
        file[file.AsSpan().IndexOf("<xmp:CreateDate>"u8) + "<xmp:CreateDate>202".Length]--;

        var verified = await _server.VerifyAsync(file);

        Assert.Equal(C2paState.Invalid, verified.C2Pa.State);
        Assert.Contains(StatusCodes.DataHashMismatch, verified.C2Pa.Codes);
        Assert.True(verified.Watermark.Found);
    }

    [Fact]
    public async Task A_source_brings_its_own_credential_along()
    {
        var (_, first) = await _server.CartoonizeAsync(
            TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256, Format = ImageFormat.Jpeg });

        var (_, second) = await _server.CartoonizeAsync(first, new CartoonizeOptions { Format = ImageFormat.Png });

        var verified = await _server.VerifyAsync(second);
        Assert.Equal(C2paState.Trusted, verified.C2Pa.State);
        Assert.Contains(StatusCodes.IngredientManifestValidated, verified.C2Pa.Codes);
    }

    [Fact]
    public async Task A_configured_signer_is_trusted_by_its_root_and_valid_without_one()
    {
        var (chain, key, root) = WriteCertificates();
        await using var trusting = await TestServer.StartAsync($"C2pa:CertificateFile={chain}", $"C2pa:PrivateKeyFile={key}", $"C2pa:TrustFile={root}");
        await using var plain = await TestServer.StartAsync($"C2pa:CertificateFile={chain}", $"C2pa:PrivateKeyFile={key}");
        var (_, file) = await plain.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128 });

        var states = new List<C2paState>();
        foreach (var server in (TestServer[])[trusting, plain, _server])
        {
            states.Add((await server.VerifyAsync(file)).C2Pa.State);
        }

        Assert.Equal([C2paState.Trusted, C2paState.Valid, C2paState.Untrusted], states);
        var byStranger = await _server.VerifyAsync(file);
        Assert.Equal(Verdict.Claimed, byStranger.Verdict);
        Assert.Contains("not on the trust list", byStranger.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trust_file_without_a_final_line_break_counts_and_so_does_the_development_root()
    {
        var (chain, key, root) = WriteCertificates();
        File.WriteAllText(root, File.ReadAllText(root).TrimEnd());
        await using var trusting = await TestServer.StartAsync($"C2pa:TrustFile={root}");
        await using var other = await TestServer.StartAsync($"C2pa:CertificateFile={chain}", $"C2pa:PrivateKeyFile={key}");
        foreach (var server in (TestServer[])[trusting, other])
        {
            var (_, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128 });

            Assert.Equal(C2paState.Trusted, (await trusting.VerifyAsync(file)).C2Pa.State);
        }
    }

    [Theory]
    [InlineData("TrustFile")]
    [InlineData("TimeStampTrustFile")]
    public async Task A_trust_file_without_a_certificate_fails_the_start(string setting)
    {
        var (_, key, _) = WriteCertificates();

        var error = await Assert.ThrowsAsync<StartupException>(() => TestServer.StartAsync($"C2pa:{setting}={key}"));

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signer_that_fails_makes_the_call_unavailable_and_never_an_unsigned_result()
    {
        var (chain, _, _) = WriteCertificates();
        await using var server = await TestServer.StartAsync($"C2pa:CertificateFile={chain}", "C2pa:SignerCommand:0=false");
        using var log = new LogLines();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);

        var status = await RpcAssert.FailsAsync(
            StatusCode.Unavailable, "SIGNING_UNAVAILABLE", () => server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128 }));

        // What the signer is and says is for whoever runs the service.
        Assert.DoesNotContain("false", status.Message, StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.Contains("false gave no signature: exit code 1", StringComparison.Ordinal));
    }

    [Fact]
    public void The_log_says_who_signs_and_nothing_that_may_be_secret()
    {
        var (chain, key, _) = WriteCertificates();
        using var log = new LogLines();
        var options = new C2paOptions { CertificateFile = chain };
        foreach (var signer in (C2paOptions[])
        [
            options with { PrivateKeyFile = key },
            options with { SignerUrl = new("https://user:hush@kms.example/hush?hush") },
            options with { SignerCommand = ["sign", "hush"] },
        ])
        {
            new Credentials(signer, "Test", DataDirectory.Open(_directory.FullName), TimeProvider.System, log).Dispose();
        }

        string[] keys = [$"the key in {key}", "the service at https://kms.example", "the command sign"];
        Assert.Equal(keys, log.Lines.Select(line => line[(line.IndexOf("with ", StringComparison.Ordinal) + 5)..^1]));
        Assert.All(log.Lines, line => Assert.Contains("(ES256)", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_credentials_a_result_has_none()
    {
        await using var server = await TestServer.StartAsync("C2pa:Enabled=false");

        var (_, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128 });

        Assert.Equal(C2paState.Absent, (await server.VerifyAsync(file)).C2Pa.State);
    }

    [Fact]
    public async Task The_credential_names_the_instance_that_the_label_names()
    {
        var (_, file) = await _server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128, Format = ImageFormat.Png });
        var instance = LabelReader.Read(file, Core.Imaging.ImageFormat.Png).InstanceId!;

        // The credential stands before the label in a PNG.
        var credential = file.AsSpan(0, file.AsSpan().IndexOf("iTXt"u8));
        Assert.True(credential.IndexOf(System.Text.Encoding.UTF8.GetBytes(instance)) > 0);
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }

    private (string Chain, string Key, string Root) WriteCertificates()
    {
        DevelopmentCertificates.Create("Configured", DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)).WriteTo(_directory.FullName);
        return (In(DevelopmentCertificates.ChainFile), In(DevelopmentCertificates.KeyFile), In(DevelopmentCertificates.RootFile));

        string In(string name) => Path.Combine(_directory.FullName, name);
    }
}
