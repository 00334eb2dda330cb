using DctNet.Service.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace DctNet.Service.Tests;

/// <summary>What cannot work fails the start, with a sentence that says what to do.</summary>
public sealed class StartupTests
{
    [Theory]
    [InlineData("Inference:ExecutionProvider=cuda", "OnnxRuntimeFlavor=Gpu")]
    [InlineData("Inference:ExecutionProvider=tensorrt", "OnnxRuntimeFlavor=Gpu")]
    [InlineData("Inference:ExecutionProvider=abacus", "ExecutionProvider")]
    [InlineData("Inference:IntraOpThreads=-1", "IntraOpThreads")]
    [InlineData("Limits:MaxUploadBytes=0", "MaxUploadBytes")]
    [InlineData("Limits:MaxUploadBytes=many", "MaxUploadBytes")]
    [InlineData("Ports:Address=everywhere", "Ports:Address")]
    [InlineData("Models:Directory=/nowhere", "/nowhere")]
    [InlineData("Watermark:KeyFile=/nowhere/key", "/nowhere/key")]
    [InlineData("Watermark:Keys=short", "line 1")]
    [InlineData("Ledger:RetentionDays=-1", "RetentionDays")]
    [InlineData("Ledger:PostgresConnectionString=elsewhere", "PostgresConnectionString")]
    [InlineData("Ledger:File=/nowhere/ledger.db", "/nowhere/ledger.db")]
    [InlineData("Label:Tc260ProviderCode=1234", "provider code")]
    [InlineData("C2pa:PrivateKeyFile=/nowhere/key", "CertificateFile")]
    [InlineData("C2pa:CertificateFile=/nowhere/chain", "SignerCommand")]
    [InlineData("C2pa:Pkcs12File=/nowhere/signer.p12", "/nowhere/signer.p12")]
    [InlineData("C2pa:TrustFile=/nowhere/roots", "/nowhere/roots")]
    [InlineData("C2pa:TimeoutSeconds=0", "TimeoutSeconds")]
    [InlineData("C2pa:TimeStampUrl=timestamp.example.com", "TimeStampUrl")]
    [InlineData("C2pa:SignerUrl=signer.internal:8080/sign", "SignerUrl")]
    [InlineData("Limits:MaxSidePixels=128", "MaxSidePixels")]
    public async Task A_wrong_setting_names_itself(string setting, string named)
    {
        var exception = await Assert.ThrowsAsync<StartupException>(() => TestServer.StartAsync(setting));
        Assert.Contains(named, exception.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_empty_setting_is_none()
    {
        await using var server = await TestServer.StartAsync(
            "Models:Directory=",
            "Watermark:KeyFile=",
            "Watermark:Keys=",
            "Ledger:File=",
            "Ledger:PostgresConnectionString=",
            "Bulk:KeyFile=",
            "Label:Tc260ProviderCode=",
            "Label:ProviderName=",
            "C2pa:CertificateFile=",
            "C2pa:PrivateKeyFile=",
            "C2pa:Pkcs12File=",
            "C2pa:SignerUrl=",
            "C2pa:TimeStampUrl=",
            "C2pa:TrustFile=",
            "C2pa:TimeStampTrustFile=");

        var client = new V1.ServerInfoService.ServerInfoServiceClient(server.Channel);
        var info = await client.GetServerInfoAsync(new V1.GetServerInfoRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(info.DevelopmentKey);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("simple")]
    public async Task The_log_has_the_configured_format(string formatter)
    {
        await using var app = DctNetService.Create([$"--Logging:Console:FormatterName={formatter}"]);
        Assert.Equal(formatter, app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
    }

    [Fact]
    public async Task A_configured_key_is_no_development_key_and_appears_in_no_message()
    {
        var file = Path.GetTempFileName();
        try
        {
            var ring = new Core.Watermark.WatermarkKeyRing(Core.Watermark.WatermarkKey.NewRandom());
            await File.WriteAllTextAsync(file, ring.ExportText(), TestContext.Current.CancellationToken);
            await using var server = await TestServer.StartAsync($"Watermark:KeyFile={file}");

            var client = new V1.ServerInfoService.ServerInfoServiceClient(server.Channel);
            var info = await client.GetServerInfoAsync(new V1.GetServerInfoRequest(), cancellationToken: TestContext.Current.CancellationToken);

            Assert.False(info.DevelopmentKey);
            Assert.Equal(ring.Embedding.Id, info.WatermarkKeyId);

            await File.WriteAllTextAsync(file, "c2VjcmV0", TestContext.Current.CancellationToken);
            var exception = await Assert.ThrowsAsync<StartupException>(() => TestServer.StartAsync($"Watermark:KeyFile={file}"));
            Assert.DoesNotContain("c2VjcmV0", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_registered_provider_code_puts_the_TC260_label_into_results()
    {
        await using var server = await TestServer.StartAsync("Label:Tc260ProviderCode=001191110000000000000X00A01");
        var (header, file) = await server.CartoonizeAsync(TestEnvironment.Sample);

        var verified = await server.VerifyAsync(file);

        Assert.True(verified.Tc260.Present);
        Assert.Equal("1", verified.Tc260.Label);
        Assert.Equal(header.Watermark.Id, verified.Tc260.ProduceId);
    }
}
