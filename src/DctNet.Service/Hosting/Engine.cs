using DctNet.Core;
using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using DctNet.Core.Models;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Hosting;

/// <summary>Everything of Core that one server has, put together once: catalog, networks, keys, ledger and the two pipelines.</summary>
internal sealed class Engine : IDisposable
{
    private readonly Credentials _credentials;

    /// <exception cref="StartupException">A model, a key or the execution provider is not usable.</exception>
    public Engine(DctNetOptions options, DataDirectory home, ILedger ledger, TimeProvider time, ILogger<Engine> logger)
    {
        if (options.Label.Tc260ProviderCode is { } code && Tc260Label.CheckProviderCode(code) is { } wrong)
        {
            throw new StartupException($"DctNet:Label:Tc260ProviderCode: {wrong.Message}");
        }

        var limits = new ImageLimits { MaxPixels = options.Limits.MaxPixels, MaxSidePixels = options.Limits.MaxSidePixels };
        if (limits.Validate() is { } contradiction)
        {
            throw new StartupException($"DctNet:Limits: {contradiction.Message}");
        }

        Keys = LoadKeys(options.Watermark, home, logger, out var development);
        HasDevelopmentKey = development;
        _credentials = new Credentials(options.C2pa, options.Label.SystemName, home, time, logger);
        Models = OrThrow(ModelHost.Open(options.Models.Directory ?? ModelCatalog.BundledDirectory, options.Inference));
        logger.ExecutionProviderChosen(ExecutionProvider, Models.ProviderReason);

        var labels = new LabelTemplate(options.Label.SystemName, DctNetService.Version, options.Label.Tc260ProviderCode);
        Cartoons = new CartoonPipeline(Models, Keys, _credentials.Issuer, ledger, labels, limits, time);
        Verification = new VerificationPipeline(new WatermarkDetector(Keys), _credentials.Verifier, ledger, limits);
    }

    /// <summary>Name of this instance, new at every start.</summary>
    public string InstanceId { get; } = Guid.NewGuid().ToString("n");

    public ModelHost Models { get; }

    public WatermarkKeyRing Keys { get; }

    public bool HasDevelopmentKey { get; }

    /// <summary>The provider really in use, in lower case.</summary>
    public string ExecutionProvider => Models.Provider.ToString().ToLowerInvariant();

    public CartoonPipeline Cartoons { get; }

    public VerificationPipeline Verification { get; }

    public void Dispose()
    {
        Models.Dispose();
        _credentials.Dispose();
    }

    private static WatermarkKeyRing LoadKeys(WatermarkOptions options, DataDirectory home, ILogger logger, out bool development)
    {
        development = string.IsNullOrEmpty(options.KeyFile);
        if (!development)
        {
            return OrThrow(WatermarkKeyFile.Read(options.KeyFile!));
        }

        WatermarkKeyRing keys;
        try
        {
            keys = OrThrow(WatermarkKeyFile.ReadOrCreateDevelopment(home));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"A development key cannot be written: {exception.Message}", exception);
        }

        logger.DevelopmentKey(keys.Embedding.Id, WatermarkKeyFile.DevelopmentPath(home));
        return keys;
    }

    private static T OrThrow<T>(Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var failure) ? value : throw new StartupException(failure.Message);
}
