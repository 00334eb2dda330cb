using DctNet.Core;

namespace DctNet.Service.Composition;

/// <summary>The data directory, or in one sentence why it cannot be used.</summary>
internal static class Home
{
    /// <exception cref="StartupException">It cannot be used.</exception>
    public static DataDirectory Open()
    {
        try
        {
            return DataDirectory.Open();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(
                $"The data directory cannot be used ({exception.Message}); set {DataDirectory.EnvironmentVariable} to a writable one.", exception);
        }
    }
}
