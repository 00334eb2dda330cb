namespace DctNet.Service;

/// <summary>The service cannot start. The message is for whoever started it: what is wrong and what to do.</summary>
public sealed class StartupException : Exception
{
    public StartupException(string message)
        : base(message)
    {
    }

    public StartupException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
