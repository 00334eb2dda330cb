using DctNet.Core;
using DctNet.Core.Cartoon;
using DctNet.Core.Imaging;
using DctNet.Core.Models;
using DctNet.Core.Pipeline;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;
using DctNet.Service.Options;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Composition;

/// <summary>Everything of Core that one server has, put together once: catalog, networks, keys, ledger and the two pipelines.</summary>
internal sealed class Engine : IDisposable
{
    /// <summary>Six months, the least that the labelling measures ask for (Article 9).</summary>
    private const int ChinaRetentionDays = 184;

    private readonly Credentials _credentials;

    /// <exception cref="StartupException">A model, a key or the execution provider is not usable.</exception>
    public Engine(DctNetOptions options, DataDirectory home, ILedger ledger, TimeProvider time, ILogger<Engine> logger)
    {
        var labels = Labels(options);
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

        Cartoons = new CartoonPipeline(Models, Keys, _credentials.Issuer, ledger, labels, limits, options.Watermark.Required, time);
        Verification = new VerificationPipeline(new WatermarkDetector(Keys), _credentials.Verifier, ledger, options.Ledger.PublicManifests, limits);
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

    /// <summary>The label that the configuration asks for; a profile whose demands are not met stops the start.</summary>
    private static LabelTemplate Labels(DctNetOptions options)
    {
        var label = options.Label;
        if (label.Tc260ProviderCode is { } code && Tc260Label.CheckProviderCode(code) is { } wrong)
        {
            throw new StartupException($"DctNet:Label:Tc260ProviderCode: {wrong.Message}");
        }

        if (!ComplianceProfile.Parse(label.Profile).TryGet(out var profiles, out wrong))
        {
            throw new StartupException($"DctNet:Label:Profile: {wrong.Message}");
        }

        var china = profiles.HasFlag(ComplianceProfiles.China);
        if (china && label.Tc260ProviderCode is null)
        {
            throw new StartupException("Profile cn needs DctNet:Label:Tc260ProviderCode, the provider's registered code.");
        }

        if (china && options.Ledger is { Enabled: false } or { RetentionDays: > 0 and < ChinaRetentionDays })
        {
            throw new StartupException(
                $"Profile cn needs records of at least {ChinaRetentionDays} days: DctNet:Ledger:Enabled, and RetentionDays 0 or no less.");
        }

        if (profiles.HasFlag(ComplianceProfiles.EuropeanUnion) && !options.C2pa.Enabled)
        {
            throw new StartupException("Profile eu needs DctNet:C2pa:Enabled: its code of practice wants signed metadata in every picture.");
        }

        if (profiles.HasFlag(ComplianceProfiles.UnitedStates) && label.ProviderName is null)
        {
            throw new StartupException("Profile us needs DctNet:Label:ProviderName, which SB 942 wants in every picture.");
        }

        return new LabelTemplate(
            label.SystemName, ServiceVersion.Current, label.Tc260ProviderCode, label.ProviderName, china || label.VisibleLabel);
    }

    private static WatermarkKeyRing LoadKeys(WatermarkOptions options, DataDirectory home, ILogger logger, out bool development)
    {
        var configured = options.ReadKeys();
        development = configured is null;
        if (configured is { } outcome)
        {
            return OrThrow(outcome);
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

    private static T OrThrow<T>(Outcome<T> outcome)
        where T : notnull =>
        outcome.TryGet(out var value, out var failure) ? value : throw new StartupException(failure.Message);
}
