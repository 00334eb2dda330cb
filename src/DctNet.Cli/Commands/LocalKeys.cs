using DctNet.Core;
using DctNet.Core.Watermark;
using DctNet.Service;
using DctNet.Service.Options;
using Microsoft.Extensions.Configuration;

namespace DctNet.Cli.Commands;

/// <summary>The watermark keys that a service on this machine would use.</summary>
internal static class LocalKeys
{
    /// <exception cref="StartupException">Configured keys cannot be used.</exception>
    public static WatermarkKeyRing Load(TextWriter error)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        if (DctNetOptions.Read(configuration).Watermark.ReadKeys() is { } configured)
        {
            return OrThrow(configured);
        }

        var home = DataDirectory.Open();
        var keys = OrThrow(WatermarkKeyFile.ReadOrCreateDevelopment(home));
        var path = WatermarkKeyFile.DevelopmentPath(home);
        error.WriteLine($"dctnet: no watermark key is configured; using the development key {keys.Embedding.Id} in {path}");
        return keys;
    }

    private static WatermarkKeyRing OrThrow(Outcome<WatermarkKeyRing> outcome)
        => outcome.TryGet(out var keys, out var failure) ? keys : throw new StartupException(failure.Message);
}
